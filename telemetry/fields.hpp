// The names of the fields of a log line, each in one place: what is not here is not logged.
//
//   log.info("batch applied", {fields::rows(512), fields::elapsed_ms(12)});
//
// Fields name things and count them. Row values never appear in a log; keys of rows are not row
// values of a secret kind but they are not logged either: quarantine and `map get` show them on
// request.
#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>

namespace crossfade {

struct Field {
    std::string_view name;  // refers to a literal
    std::string value;
};

namespace fields {

template <class T>
concept Formattable = requires(const T& value) {
    { value.format() } -> std::convertible_to<std::string>;
};

class Name {
public:
    constexpr explicit Name(std::string_view name) : name_{name} {}
    constexpr std::string_view name() const { return name_; }

    Field operator()(std::string_view value) const { return {name_, std::string(value)}; }
    Field operator()(const char* value) const { return {name_, value}; }
    Field operator()(const std::string& value) const { return {name_, value}; }
    Field operator()(bool value) const { return {name_, value ? "true" : "false"}; }
    template <std::integral T>
    Field operator()(T value) const {
        return {name_, std::to_string(value)};
    }
    // Durations are written as whole milliseconds, as the suffix _ms of the names says.
    template <class Rep, class Period>
    Field operator()(std::chrono::duration<Rep, Period> value) const {
        return (*this)(std::chrono::duration_cast<std::chrono::milliseconds>(value).count());
    }
    template <Formattable T>
    Field operator()(const T& value) const {
        return {name_, value.format()};
    }

private:
    std::string_view name_;
};

// They are called like functions, so they are named like functions.
// NOLINTBEGIN(readability-identifier-naming)
inline constexpr Name component{"component"};
inline constexpr Name side{"side"};  // source or target
inline constexpr Name table{"table"};
inline constexpr Name column{"column"};
inline constexpr Name entity{"entity"};
inline constexpr Name op{"op"};
inline constexpr Name slot{"slot"};
inline constexpr Name plugin{"plugin"};
inline constexpr Name phase{"phase"};
inline constexpr Name xid{"xid"};
inline constexpr Name commit_lsn{"commit_lsn"};
inline constexpr Name end_lsn{"end_lsn"};
inline constexpr Name settled_lsn{"settled_lsn"};
inline constexpr Name lag_bytes{"lag_bytes"};
inline constexpr Name batch{"batch"};
inline constexpr Name transactions{"transactions"};
inline constexpr Name changes{"changes"};
inline constexpr Name roots{"roots"};
inline constexpr Name rows{"rows"};
inline constexpr Name bytes{"bytes"};
inline constexpr Name work{"work"};
inline constexpr Name differences{"differences"};
inline constexpr Name attempt{"attempt"};
inline constexpr Name retry_ms{"retry_ms"};
inline constexpr Name error_kind{"error_kind"};
inline constexpr Name error{"error"};
inline constexpr Name sqlstate{"sqlstate"};
inline constexpr Name constraint{"constraint"};
inline constexpr Name elapsed_ms{"elapsed_ms"};
inline constexpr Name path{"path"};
inline constexpr Name version{"version"};
// NOLINTEND(readability-identifier-naming)

}  // namespace fields

}  // namespace crossfade
