#include "cli/read_config.hpp"

#include "config/reader.hpp"

#include <filesystem>
#include <iostream>

namespace crossfade {

namespace {
void print(const Findings& findings) {
    for (const Finding& finding : findings)
        std::cerr << finding.format() << '\n';
}
}  // namespace

std::optional<Config> read_config(const Invocation& invocation, Findings& findings) {
    std::optional<std::filesystem::path> file = invocation.config_file;
    if (!invocation.config_given && !std::filesystem::exists(*file)) file.reset();
    ConfigReading reading = read_config(file, environment_of_process());
    findings.insert(findings.end(), reading.findings.begin(), reading.findings.end());
    if (has_errors(reading.findings)) return std::nullopt;
    return std::move(reading.config);
}

std::optional<Config> read_config(const Invocation& invocation) {
    Findings findings;
    auto config = read_config(invocation, findings);
    print(findings);
    return config;
}

CommandWatch::CommandWatch(const Config& config)
    : watched_{config, Logger::to_console(console_, LogLevel::warning)} {}

std::optional<Context> read_context(const Config& config) {
    Findings findings;
    auto context = read_context(config, findings);
    print(findings);
    return context;
}

std::optional<OwnState> open_own_state(const Config& config) {
    Findings findings;
    auto state = open_own_state(config, findings);
    print(findings);
    return state;
}

}  // namespace crossfade
