// One line per event that changes something: a lower-case sentence, then key=value fields.
//
//   2024-05-01T12:00:00.123Z info  batch applied side=target rows=512 elapsed_ms=12
//
// A logger binds its context once (`with`) and is a value: cheap to copy, usable from any thread.
// On a journal (JOURNAL_STREAM names our stderr) lines begin with the syslog priority, as
// sd-daemon(3) says, and carry no time, since the journal has its own.
#pragma once

#include "telemetry/fields.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace crossfade {

class Console;
class Error;

enum class LogLevel { debug, info, warning, error };

std::optional<LogLevel> parse_log_level(std::string_view text);  // "debug" ... "error"

enum class LogFormat { plain, journal };

// The journal's form if stderr is connected to the journal.
LogFormat log_format_of_stderr();

class Logger {
public:
    // Lines go through the console, so that they and progress bars do not overwrite each other.
    // `console` outlives every copy of the logger.
    static Logger to_console(Console& console, LogLevel level,
                             LogFormat format = log_format_of_stderr());
    // For tests; the stream outlives the logger.
    static Logger to_stream(std::ostream& stream, LogLevel level,
                            LogFormat format = LogFormat::plain);
    // Swallows everything.
    static Logger none();

    Logger with(std::initializer_list<Field> fields) const;

    void debug(std::string_view event, std::initializer_list<Field> fields = {}) const;
    void info(std::string_view event, std::initializer_list<Field> fields = {}) const;
    void warning(std::string_view event, std::initializer_list<Field> fields = {}) const;
    void error(std::string_view event, std::initializer_list<Field> fields = {}) const;
    // The same with error_kind, sqlstate, constraint and the message of an Error.
    void error(std::string_view event, const Error& what,
               std::initializer_list<Field> fields = {}) const;
    void warning(std::string_view event, const Error& what,
                 std::initializer_list<Field> fields = {}) const;

    bool enabled(LogLevel level) const;

private:
    explicit Logger(std::shared_ptr<spdlog::logger> sink) : sink_{std::move(sink)} {}
    void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) const;
    void write(LogLevel level, std::string_view event, const Error& what,
               std::initializer_list<Field> fields) const;

    std::shared_ptr<spdlog::logger> sink_;
    std::string context_;  // " side=target slot=crossfade", appended to every line
};

// `name=value`, the value quoted if a reader could not tell where it ends.
void append_field(std::string& line, const Field& field);

}  // namespace crossfade
