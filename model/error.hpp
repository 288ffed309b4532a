// Errors, in three classes that a caller acts on differently (design: errors of data, of the world,
// of trust).
//  - data:  a value or a row that cannot be carried; travels as Result<T>, ends in quarantine.
//  - world: connection, deadlock, disk; thrown as Failure, retried by the supervisor.
//  - trust: slot lost, foreign target, unknown column; thrown as Failure, halts with a hint.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace crossfade {

enum class ErrorKind {
    bad_value,
    constraint,
    configuration,
    unavailable,
    conflict,
    trust,
    internal
};

std::string_view to_string(ErrorKind kind);

// What the supervisor does about an error of this kind.
enum class NextStep { quarantine, retry, halt };
NextStep next_step(ErrorKind kind);

// A class with constructors, so that a plain value never reads as an error. Carries no row values.
class Error {
public:
    Error()
        : kind_{ErrorKind::internal},
          message_{"no error"} {}  // what Result::error() of a value returns
    Error(ErrorKind kind, std::string message) : kind_{kind}, message_{std::move(message)} {}
    Error(ErrorKind kind, std::string message, std::string sqlstate)
        : kind_{kind}, message_{std::move(message)}, sqlstate_{std::move(sqlstate)} {}

    ErrorKind kind() const { return kind_; }
    const std::string& message() const { return message_; }
    const std::string& sqlstate() const { return sqlstate_; }      // empty if not from a server
    const std::string& constraint() const { return constraint_; }  // empty if none is known
    const std::string& hint() const { return hint_; }              // what to do; may be empty

    Error& with_constraint(std::string name) {
        constraint_ = std::move(name);
        return *this;
    }
    Error& with_hint(std::string hint) {
        hint_ = std::move(hint);
        return *this;
    }
    // Adds what a layer knows on the way up: "context: message".
    Error& within(std::string_view context);

    std::string format() const;  // message, sqlstate, constraint, hint in one line

private:
    ErrorKind kind_;
    std::string message_;
    std::string sqlstate_;
    std::string constraint_;
    std::string hint_;
};

[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

// Errors of the world and of trust are thrown.
class Failure : public std::runtime_error {
public:
    explicit Failure(Error error) : std::runtime_error{error.format()}, error_{std::move(error)} {}
    const Error& error() const { return error_; }

private:
    Error error_;
};

}  // namespace crossfade
