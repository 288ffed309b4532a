// The rows of an answer.
#pragma once

#include "postgres/handle.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade {

// Owns its PGresult; views into it live as long as it does. Rows and columns count from 0. What is
// asked for must be there: a place out of bounds or a text that is no number throws
// Failure(internal).
class QueryResult {
public:
    explicit QueryResult(ResultPtr result) : result_{std::move(result)} {}

    int rows() const { return PQntuples(result_.get()); }
    int columns() const { return PQnfields(result_.get()); }
    bool empty() const { return rows() == 0; }
    bool is_null(int row, int column) const;
    std::string_view text(int row, int column) const;  // empty for NULL; bytes for binary results
    std::optional<std::string> get(int row, int column) const;
    std::int64_t integer(int row, int column) const;
    bool boolean(int row, int column) const { return text(row, column) == "t"; }
    std::uint64_t affected() const;    // rows that an INSERT, UPDATE, DELETE, COPY touched
    std::string_view command() const;  // "COMMIT", "UPDATE 3"
    const PGresult* raw() const { return result_.get(); }

private:
    ResultPtr result_;
};

}  // namespace crossfade
