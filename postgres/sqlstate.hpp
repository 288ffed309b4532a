// What a server's error means for us: the one table from SQLSTATE to ErrorKind, and errors made
// from results. SQLSTATEs: PostgreSQL documentation, appendix A.
#pragma once

#include "model/error.hpp"
#include "postgres/handle.hpp"

#include <string>
#include <string_view>

namespace crossfade {

// Empty: the connection was lost without a word from the server (unavailable).
ErrorKind classify(std::string_view sqlstate);

// What the server says about an error, without the values of rows: DETAIL is left out, and of
// messages that quote a value (class 22, exceptions raised by functions) the quoted part.
struct ServerError {
    std::string sqlstate;  // empty: the connection was lost
    std::string message;
    std::string schema;  // of the table; may be empty, as all that follow
    std::string table;
    std::string column;
    std::string constraint;  // or the function that raised the exception, for class P0
    // 42501 because row-level security refuses the row, not for want of a privilege.
    bool by_policy = false;
    Error to_error() const;
};

// `result` may be null when the connection died; then the message is taken from `connection`.
ServerError server_error(const PGresult* result, const PGconn* connection);

}  // namespace crossfade
