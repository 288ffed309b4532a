#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <libpq-fe.h>

namespace crossfade::simulate {

using Id = std::int64_t;

// The server refused a statement. The connection lives on; an open transaction must be rolled back.
class StatementError : public std::runtime_error {
public:
    StatementError(std::string sqlstate, std::string object, const std::string& message)
        : std::runtime_error{message}, sqlstate_{std::move(sqlstate)}, object_{std::move(object)} {}

    const std::string& sqlstate() const noexcept { return sqlstate_; }
    // The constraint, else the table the server named; may be empty.
    const std::string& object() const noexcept { return object_; }
    bool duplicate_key() const noexcept { return sqlstate_ == "23505"; }

private:
    std::string sqlstate_;
    std::string object_;
};

// The connection is gone, was never made, or may not be used. Its worker ends.
class ConnectionError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A statement's parameter in text form; nothing means NULL.
using Value = std::optional<std::string>;

Value value(Id id);
Value value(std::string_view text);
Value array(const std::vector<Id>& ids);  // a literal of type bigint[]

// An answer, owned. Values are text; id() reads a bigint and takes NULL as 0.
class Rows {
public:
    explicit Rows(PGresult* result) noexcept : result_{result, &PQclear} {}
    std::size_t size() const noexcept;
    bool null(std::size_t row, int column) const noexcept;
    Id id(std::size_t row, int column) const;
    Value text(std::size_t row, int column) const;
    std::size_t affected() const noexcept;

private:
    std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

// Owns one PGconn. Statements are prepared at first use, keyed by their text.
// Counts what passes through for the report.
class Connection {
public:
    // Refuses a host that is not this machine unless allow_remote; throws ConnectionError.
    Connection(const std::string& conninfo, bool allow_remote);

    Rows execute(std::string_view sql, const std::vector<Value>& values = {});
    void begin();
    void commit();
    void rollback();

    // One explicit transaction around body; rolled back when a statement of it fails.
    template <class Body>
    void transaction(Body body) {
        begin();
        try {
            body();
        } catch (const StatementError&) {
            rollback();
            throw;
        }
        commit();
    }

    std::uint64_t statements() const noexcept { return statements_; }
    std::uint64_t commits() const noexcept { return commits_; }
    std::uint64_t rows_written() const noexcept { return rows_written_; }

private:
    void control(const char* command);
    [[noreturn]] void refuse(const PGresult* result);

    std::unique_ptr<PGconn, decltype(&PQfinish)> handle_;
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, std::string, TextHash, std::equal_to<>> prepared_;
    bool in_transaction_ = false;
    std::uint64_t statements_ = 0;
    std::uint64_t commits_ = 0;
    std::uint64_t rows_written_ = 0;
    std::uint64_t rows_pending_ = 0;
};

}  // namespace crossfade::simulate
