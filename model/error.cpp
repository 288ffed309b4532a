#include "model/error.hpp"

namespace crossfade {

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::bad_value: return "bad_value";
        case ErrorKind::constraint: return "constraint";
        case ErrorKind::configuration: return "configuration";
        case ErrorKind::unavailable: return "unavailable";
        case ErrorKind::conflict: return "conflict";
        case ErrorKind::trust: return "trust";
        case ErrorKind::internal: return "internal";
    }
    return "unknown";
}

NextStep next_step(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::bad_value:
        case ErrorKind::constraint: return NextStep::quarantine;
        case ErrorKind::unavailable:
        case ErrorKind::conflict: return NextStep::retry;
        case ErrorKind::configuration:
        case ErrorKind::trust:
        case ErrorKind::internal: return NextStep::halt;
    }
    return NextStep::halt;
}

Error& Error::within(std::string_view context) {
    message_ = std::string{context} + ": " + message_;
    return *this;
}

std::string Error::format() const {
    std::string text = message_;
    if (!sqlstate_.empty()) text += " (SQLSTATE " + sqlstate_ + ")";
    if (!constraint_.empty()) text += " on constraint " + constraint_;
    if (!hint_.empty()) text += "; " + hint_;
    return text;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw Failure{error};
}

}  // namespace crossfade
