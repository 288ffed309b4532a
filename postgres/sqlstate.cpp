#include "postgres/sqlstate.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

namespace {
struct Entry {
    std::string_view prefix;  // of the SQLSTATE; the longest one that fits counts
    ErrorKind kind;
};

constexpr std::array kTable{
    // Retried: the server or the connection is away, ...
    Entry{"08", ErrorKind::unavailable},
    Entry{"25006", ErrorKind::unavailable},  // read-only: a standby, or a fence that will be lifted
    Entry{"53", ErrorKind::unavailable},     // too many connections, disk full, out of memory
    Entry{"57", ErrorKind::unavailable},     // shutdown, crash, starting up, idle session ended
    Entry{"58", ErrorKind::unavailable},     // I/O error
    // ... or somebody else was in the way.
    Entry{"25P03", ErrorKind::conflict},  // idle in transaction for too long
    Entry{"25P04", ErrorKind::conflict},  // transaction timeout
    Entry{"26",
          ErrorKind::conflict},  // prepared statement is gone: another session behind a pooler
    Entry{"40", ErrorKind::conflict},     // serialization, deadlock
    Entry{"55006", ErrorKind::conflict},  // in use: a slot that another session still holds
    Entry{"55P03", ErrorKind::conflict},  // lock not available
    Entry{"57014", ErrorKind::conflict},  // cancelled
    // Errors of data: the row is at fault.
    Entry{"22", ErrorKind::bad_value},
    Entry{"54000", ErrorKind::bad_value},  // an indexed value is too long
    Entry{"23", ErrorKind::constraint},
    Entry{"27", ErrorKind::constraint},  // a trigger changed the row that is being changed
    Entry{"44", ErrorKind::constraint},  // WITH CHECK OPTION
    Entry{"P0", ErrorKind::constraint},  // raised by a trigger
    // Halts: what was set up does not fit.
    Entry{"0A", ErrorKind::configuration}, Entry{"21", ErrorKind::configuration},
    Entry{
        "22023",
        ErrorKind::configuration},  // invalid parameter; also: the snapshot does not exist any more
    Entry{"22030", ErrorKind::bad_value}, Entry{"28", ErrorKind::configuration},
    Entry{"2B", ErrorKind::configuration}, Entry{"3D", ErrorKind::configuration},
    Entry{"3F", ErrorKind::configuration}, Entry{"42", ErrorKind::configuration},
    Entry{"54", ErrorKind::configuration},
    Entry{"55", ErrorKind::trust},     // 55000: the slot cannot be read any more
    Entry{"42704", ErrorKind::trust},  // no such slot
    Entry{"XX001", ErrorKind::trust},  // data corrupted
    Entry{"XX002", ErrorKind::trust},  // index corrupted
};

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text != nullptr ? text : "";
}

// Messages of class 22 quote the value: invalid input syntax for type integer: "4x".
std::string without_quoted(const std::string& message) {
    const auto first = message.find('"');
    const auto last = message.rfind('"');
    if (first == std::string::npos || first == last) return message;
    return message.substr(0, first + 1) + "..." + message.substr(last);
}

// "PL/pgSQL function check_grade() line 3 at RAISE" -> "check_grade()"
std::string function_of(const std::string& context) {
    static constexpr std::string_view kMark = "function ";
    const auto start = context.find(kMark);
    if (start == std::string::npos) return "";
    const auto name = start + kMark.size();
    return context.substr(name, context.find(" line ", name) - name);
}

std::string lost_message(const PGconn* connection) {
    std::string message = connection != nullptr ? PQerrorMessage(connection) : "";
    std::replace(message.begin(), message.end(), '\n', ' ');
    while (!message.empty() && message.back() == ' ')
        message.pop_back();
    return message.empty() ? "connection lost" : message;
}
}  // namespace

ErrorKind classify(std::string_view sqlstate) {
    if (sqlstate.empty()) return ErrorKind::unavailable;
    const Entry* best = nullptr;
    for (const Entry& entry : kTable) {
        if (sqlstate.starts_with(entry.prefix) &&
            (best == nullptr || entry.prefix.size() > best->prefix.size())) {
            best = &entry;
        }
    }
    return best != nullptr ? best->kind : ErrorKind::internal;
}

Error ServerError::to_error() const {
    ErrorKind kind = classify(sqlstate);
    // 0A000 is "not supported", except for this message: there it means that the statement must be
    // prepared again.
    if (sqlstate == "0A000" && message.find("cached plan") != std::string::npos) {
        kind = ErrorKind::conflict;
    }
    if (by_policy) kind = ErrorKind::constraint;
    Error error{kind, message, sqlstate};
    if (!constraint.empty())
        error.with_constraint(constraint);
    else if (!column.empty())
        error.with_constraint(column);
    return error;
}

ServerError server_error(const PGresult* result, const PGconn* connection) {
    ServerError error;
    error.sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (error.sqlstate.empty()) {
        error.message = lost_message(connection);
        return error;
    }
    error.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    error.schema = field(result, PG_DIAG_SCHEMA_NAME);
    error.table = field(result, PG_DIAG_TABLE_NAME);
    error.column = field(result, PG_DIAG_COLUMN_NAME);
    error.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    // A missing privilege and a row-level policy have the same SQLSTATE. The name of the server
    // function that reports the error tells them apart; unlike the message it is never translated.
    error.by_policy = error.sqlstate == "42501" &&
                      field(result, PG_DIAG_SOURCE_FUNCTION) == "ExecWithCheckOptions";
    if (error.sqlstate.starts_with("22")) error.message = without_quoted(error.message);
    if (error.sqlstate.starts_with("P0")) {
        const std::string function = function_of(field(result, PG_DIAG_CONTEXT));
        error.message = "exception raised by " + (function.empty() ? "a function" : function);
        if (error.constraint.empty()) error.constraint = function;
    }
    return error;
}

}  // namespace crossfade
