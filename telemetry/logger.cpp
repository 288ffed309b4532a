#include "telemetry/logger.hpp"

#include "model/error.hpp"
#include "telemetry/console.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

namespace crossfade {
namespace {

class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit ConsoleSink(Console& console) : console_{console} {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t text;
        formatter_->format(message, text);
        console_.write_line({text.data(), text.size()});
    }
    void flush_() override {}

    Console& console_;
};

// %* in the journal's pattern: the priorities of syslog(3).
class PriorityFlag final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
        std::string_view priority = "<6>";
        if (message.level <= spdlog::level::debug) priority = "<7>";
        if (message.level == spdlog::level::warn) priority = "<4>";
        if (message.level >= spdlog::level::err) priority = "<3>";
        out.append(priority.data(), priority.data() + priority.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return spdlog::details::make_unique<PriorityFlag>();
    }
};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink, LogLevel level,
                                            LogFormat format) {
    auto logger = std::make_shared<spdlog::logger>("crossfade", std::move(sink));
    auto formatter =
        std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
    formatter->add_flag<PriorityFlag>('*');
    formatter->set_pattern(format == LogFormat::journal ? "%*%v" : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v");
    logger->set_formatter(std::move(formatter));
    logger->set_level(level_of(level));
    // Flushed after each line, so that a crash loses none.
    logger->flush_on(spdlog::level::trace);
    return logger;
}

bool needs_quotes(std::string_view value) {
    return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte <= ' ' || byte == 0x7f || c == '"' || c == '=' || c == '\\';
           });
}

// One event is one line: a message of a server may hold line breaks, and terminals obey controls.
void append_quoted(std::string& line, std::string_view value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    line += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c == '\n') {
            line += "\\n";
        } else if (byte < ' ' || byte == 0x7f) {
            line += "\\x";
            line += kDigits[byte >> 4U];
            line += kDigits[byte & 15U];
        } else {
            line += c;
        }
    }
    line += '"';
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
    if (text == "debug") return LogLevel::debug;
    if (text == "info") return LogLevel::info;
    if (text == "warning") return LogLevel::warning;
    if (text == "error") return LogLevel::error;
    return std::nullopt;
}

LogFormat log_format_of_stderr() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return LogFormat::plain;
    const std::string ours = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    return ours == stream ? LogFormat::journal : LogFormat::plain;
}

void append_field(std::string& line, const Field& field) {
    line += ' ';
    line += field.name;
    line += '=';
    if (needs_quotes(field.value)) {
        append_quoted(line, field.value);
    } else {
        line += field.value;
    }
}

Logger Logger::to_console(Console& console, LogLevel level, LogFormat format) {
    return Logger{make_logger(std::make_shared<ConsoleSink>(console), level, format)};
}

Logger Logger::to_stream(std::ostream& stream, LogLevel level, LogFormat format) {
    return Logger{
        make_logger(std::make_shared<spdlog::sinks::ostream_sink_mt>(stream), level, format)};
}

Logger Logger::none() {
    auto logger = std::make_shared<spdlog::logger>("crossfade",
                                                   std::make_shared<spdlog::sinks::null_sink_mt>());
    logger->set_level(spdlog::level::off);
    return Logger{std::move(logger)};
}

Logger Logger::with(std::initializer_list<Field> fields) const {
    Logger bound = *this;
    for (const Field& field : fields)
        append_field(bound.context_, field);
    return bound;
}

bool Logger::enabled(LogLevel level) const { return sink_->should_log(level_of(level)); }

void Logger::write(LogLevel level, std::string_view event,
                   std::initializer_list<Field> fields) const {
    if (!enabled(level)) return;
    std::string line(event);
    line += context_;
    for (const Field& field : fields)
        append_field(line, field);
    sink_->log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

void Logger::write(LogLevel level, std::string_view event, const Error& what,
                   std::initializer_list<Field> fields) const {
    if (!enabled(level)) return;
    Logger bound = with(fields).with({fields::error_kind(to_string(what.kind()))});
    if (!what.sqlstate().empty()) bound = bound.with({fields::sqlstate(what.sqlstate())});
    if (!what.constraint().empty()) bound = bound.with({fields::constraint(what.constraint())});
    std::string message = what.message();
    if (!what.hint().empty()) message += "; " + what.hint();
    bound.write(level, event, {fields::error(message)});
}

void Logger::debug(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::debug, event, fields);
}

void Logger::info(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::info, event, fields);
}

void Logger::warning(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::warning, event, fields);
}

void Logger::error(std::string_view event, std::initializer_list<Field> fields) const {
    write(LogLevel::error, event, fields);
}

void Logger::warning(std::string_view event, const Error& what,
                     std::initializer_list<Field> fields) const {
    write(LogLevel::warning, event, what, fields);
}

void Logger::error(std::string_view event, const Error& what,
                   std::initializer_list<Field> fields) const {
    write(LogLevel::error, event, what, fields);
}

}  // namespace crossfade
