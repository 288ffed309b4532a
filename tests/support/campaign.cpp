#include "tests/support/campaign.hpp"

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace crossfade::test {
namespace {

constexpr const char* kVariable = "CROSSFADE_CAMPAIGN_SECONDS";

std::string_view given() {
    const char* const text = std::getenv(kVariable);
    return text == nullptr ? "" : text;
}

}  // namespace

bool is_long_campaign() { return !given().empty(); }

std::chrono::seconds campaign_seconds(std::chrono::seconds short_form) {
    const std::string_view text = given();
    if (text.empty()) return short_form;
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size() || seconds <= 0) {
        throw std::invalid_argument(std::string{kVariable} + "=" + std::string{text} +
                                    ": not a number of seconds");
    }
    return std::chrono::seconds{seconds};
}

}  // namespace crossfade::test
