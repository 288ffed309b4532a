#include "tests/support/campaign.hpp"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/support/catch.hpp"

namespace crossfade::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kVariable = "CROSSFADE_CAMPAIGN_SECONDS";

// Sets the variable for a test case; afterwards it is as before.
class Environment {
public:
    explicit Environment(const char* value) {
        if (const char* const before = std::getenv(kVariable)) before_ = before;
        set(value);
    }
    ~Environment() { set(before_ ? before_->c_str() : nullptr); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    static void set(const char* value) {
        if (value == nullptr) {
            unsetenv(kVariable);
        } else {
            setenv(kVariable, value, 1);
        }
    }

    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("a campaign takes its short form unless a time is given", "[support]") {
    for (const char* nothing : {static_cast<const char*>(nullptr), ""}) {
        const Environment environment{nothing};
        CHECK(campaign_seconds(10s) == 10s);
        CHECK_FALSE(is_long_campaign());
    }
    const Environment environment{"3600"};
    CHECK(campaign_seconds(10s) == 3600s);
    CHECK(is_long_campaign());
}

TEST_CASE("a campaign's time that is no number of seconds is refused", "[support]") {
    for (const char* wrong : {"0", "-1", "1h", "ten", " 5"}) {
        const Environment environment{wrong};
        CHECK_THROWS_AS(campaign_seconds(10s), std::invalid_argument);
    }
}

}  // namespace crossfade::test
