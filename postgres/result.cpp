#include "postgres/result.hpp"

#include "model/error.hpp"

#include <charconv>

namespace crossfade {

namespace {
[[noreturn]] void fail(const char* message) { throw Failure{Error{ErrorKind::internal, message}}; }

template <class T>
T number(std::string_view text) {
    T value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) fail("an integer was expected");
    return value;
}
}  // namespace

bool QueryResult::is_null(int row, int column) const {
    if (row < 0 || row >= rows() || column < 0 || column >= columns()) {
        fail("the answer has no such row or column");
    }
    return PQgetisnull(result_.get(), row, column) == 1;
}

std::string_view QueryResult::text(int row, int column) const {
    if (is_null(row, column)) return {};
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::optional<std::string> QueryResult::get(int row, int column) const {
    if (is_null(row, column)) return std::nullopt;
    return std::string{text(row, column)};
}

std::int64_t QueryResult::integer(int row, int column) const {
    return number<std::int64_t>(text(row, column));
}

std::uint64_t QueryResult::affected() const {
    const std::string_view tuples = PQcmdTuples(result_.get());
    return tuples.empty() ? 0 : number<std::uint64_t>(tuples);
}

std::string_view QueryResult::command() const { return PQcmdStatus(result_.get()); }

}  // namespace crossfade
