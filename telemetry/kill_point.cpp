#include "telemetry/kill_point.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace crossfade {

namespace {

struct Armed {
    std::string_view name;  // points into the environment, which nobody changes
    std::uint64_t passage = 1;
};

Armed read_environment() {
    Armed armed;
    const char* const variable = std::getenv("CROSSFADE_KILL_POINT");
    if (variable == nullptr) return armed;
    armed.name = variable;
    const std::size_t colon = armed.name.find(':');
    if (colon == std::string_view::npos) return armed;
    const std::string_view digits = armed.name.substr(colon + 1);
    armed.name = armed.name.substr(0, colon);
    std::from_chars(digits.data(), digits.data() + digits.size(), armed.passage);
    return armed;
}

}  // namespace

void kill_point(std::string_view name) noexcept {
    static const Armed armed = read_environment();
    if (armed.name.empty() || armed.name != name) return;
    static std::atomic<std::uint64_t> passages{0};
    if (++passages == armed.passage) std::raise(SIGKILL);
}

}  // namespace crossfade
