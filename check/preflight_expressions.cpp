#include "check/preflight_columns.hpp"

#include "postgres/codec.hpp"

#include <algorithm>

namespace crossfade {

namespace {

// What values of a type become in a column, all alike: written as their text, which the column's
// type reads.
struct Verdict {
    enum class Kind : std::uint8_t { fits, some, never };
    Kind kind = Kind::fits;
    std::string why = {};    // behind "gives a text, and the column is date: "
    std::string write = {};  // "date(", closed by `end`: what to write around the expression
    std::string end = ")";
};

enum class Shelf : std::uint8_t {
    boolean,
    integer,
    number,
    text,
    uuid,
    date,
    timestamp,
    timestamptz,
    time,
    json,
    bytes,
    array,
    enumeration,
    other  // of which we know nothing
};

Shelf shelf_of(const ColumnShape& column) {
    static const std::vector<std::pair<Shelf, std::vector<std::string_view>>> shelves{
        {Shelf::boolean, {"bool"}},
        {Shelf::integer, {"int2", "int4", "int8"}},
        {Shelf::number, {"numeric", "float4", "float8"}},
        {Shelf::text, {"text", "varchar", "bpchar", "citext", "name"}},
        {Shelf::uuid, {"uuid"}},
        {Shelf::date, {"date"}},
        {Shelf::timestamp, {"timestamp"}},
        {Shelf::timestamptz, {"timestamptz"}},
        {Shelf::time, {"time", "timetz"}},
        {Shelf::json, {"json", "jsonb"}},
        {Shelf::bytes, {"bytea"}},
    };
    if (column.enumeration) return Shelf::enumeration;
    for (const auto& [shelf, names] : shelves) {
        if (std::find(names.begin(), names.end(), column.base) != names.end()) return shelf;
    }
    return column.base.starts_with('_') ? Shelf::array : Shelf::other;
}

Verdict never(std::string write = {}, std::string end = ")") {
    return {Verdict::Kind::never, "no value of it can be written", std::move(write),
            std::move(end)};
}
Verdict some(std::string why, std::string write = {}, std::string end = ")") {
    return {Verdict::Kind::some, std::move(why), std::move(write), std::move(end)};
}

Verdict of_text(Shelf to) {
    const std::string refused = "a text that does not read as one is refused with its row";
    switch (to) {
        case Shelf::boolean: return some(refused, "flag(num(", "))");
        case Shelf::integer: return some(refused, "int(");
        case Shelf::number: return some(refused, "num(");
        case Shelf::uuid: return some(refused, "uuid(");
        case Shelf::date: return some(refused, "date(");
        case Shelf::timestamp:
        case Shelf::timestamptz: return some(refused, "ts(");
        case Shelf::enumeration:
            return some("a text that is none of its labels is refused with its row", "choose(",
                        ", 'text', 'label', ...)");
        default: return {};
    }
}

Verdict of_number(Shelf to, bool whole) {
    switch (to) {
        case Shelf::boolean:
            return whole ? some("only 0 and 1 can be written", "flag(") : never("flag(");
        case Shelf::integer:
            return whole ? Verdict{} : some("one with a fraction, 1.0 too, is refused", "int(");
        case Shelf::date:
        case Shelf::timestamp:
        case Shelf::timestamptz:
            return whole ? some("it is read as the digits YYYYMMDD, others are refused",
                                "digits_date(", ", 6, 6, 2000, 2099)")
                         : never();
        case Shelf::time:
        case Shelf::uuid:
        case Shelf::array: return never();
        default: return {};
    }
}

Verdict of_moment(Type type, Shelf to) {
    switch (to) {
        case Shelf::text:
        case Shelf::other: return {};
        case Shelf::date:
            if (type != Type::timestamptz) return {};
            return some("the day is that of UTC", "local_date(", ", 'Zone')");
        case Shelf::timestamp:
            if (type != Type::timestamptz) return {};
            return some("the clock is that of UTC");
        case Shelf::timestamptz:
            if (type == Type::timestamptz) return {};
            if (type == Type::date)
                return some("the instant is midnight of UTC", "midnight(", ", 'Zone')");
            return {Verdict::Kind::never,
                    "without a zone it is taken as one of UTC, whatever it is", "at_zone(",
                    ", 'Zone')"};
        case Shelf::time: return type == Type::date ? never() : Verdict{};
        case Shelf::integer:
        case Shelf::number:
        case Shelf::boolean:
        case Shelf::uuid:
        case Shelf::enumeration:
        case Shelf::array: return never();
        case Shelf::json: return never("text(");  // a json string, inside of an object
        default: return {};
    }
}

bool is_one_of(Shelf shelf, std::initializer_list<Shelf> list) {
    return std::find(list.begin(), list.end(), shelf) != list.end();
}

Verdict verdict(Type type, Shelf to) {
    switch (type) {
        case Type::text: return of_text(to);
        case Type::integer: return of_number(to, true);
        case Type::decimal:
        case Type::real: return of_number(to, false);
        case Type::date:
        case Type::timestamp:
        case Type::timestamptz: return of_moment(type, to);
        case Type::boolean:
            if (is_one_of(to, {Shelf::integer, Shelf::number})) return never("if(", ", 1, 0)");
            return is_one_of(to, {Shelf::uuid, Shelf::date, Shelf::timestamp, Shelf::timestamptz,
                                  Shelf::time, Shelf::array})
                       ? never()
                       : Verdict{};
        case Type::uuid:
        case Type::time:
            if (is_one_of(to, {Shelf::text, Shelf::bytes, Shelf::other})) return {};
            if (type == Type::uuid && to == Shelf::uuid) return {};
            return type == Type::time && to == Shelf::time ? Verdict{} : never();
        case Type::json:
            return is_one_of(to, {Shelf::uuid, Shelf::date, Shelf::timestamp, Shelf::timestamptz,
                                  Shelf::time, Shelf::array, Shelf::enumeration})
                       ? never()
                       : Verdict{};
        case Type::bytes:
            return is_one_of(to, {Shelf::bytes, Shelf::text, Shelf::other}) ? Verdict{} : never();
        case Type::any:
        case Type::secret: break;
    }
    return {};
}

// Characters that the column takes; 0: any number.
std::size_t length_max(const ColumnShape& column) {
    const bool counted = column.base == "varchar" || column.base == "bpchar";
    return counted && column.modifier > 4 ? static_cast<std::size_t>(column.modifier - 4) : 0;
}

class Expressions {
public:
    Expressions(Connection& target, const EntityProgram& entity, const TableShape& shape,
                Findings& findings)
        : target_{target}, entity_{entity}, shape_{shape}, findings_{findings} {}

    void run() {
        for (const Given& given : entity_.given) {
            const TargetColumn& written = entity_.target.columns[given.column];
            const ColumnShape* column = shape_.find(written.name);
            // A secret's column is that of its hash; what is generated is a finding already.
            if (column == nullptr || column->generated) continue;
            check_length(given, *column);
            if (given.constant)
                try_constant(given, *column);
            else
                check_type(given, *column);
        }
    }

private:
    void add(const Given& given, const ColumnShape& column, std::string message, std::string fix,
             Severity severity = Severity::error) {
        findings_.push_back({.where = given.where,
                             .path = "entities." + entity_.name + ".columns." + column.name,
                             .message = std::move(message),
                             .fix = std::move(fix),
                             .severity = severity});
    }

    static std::string name_of(const Given& given) {
        const std::string type =
            given.type_name.empty() ? std::string{to_string(given.type)} : given.type_name;
        return "\"" + given.text + "\" is of type " + type;
    }

    void check_type(const Given& given, const ColumnShape& column) {
        const Verdict found = verdict(given.type, shelf_of(column));
        if (found.kind == Verdict::Kind::fits) return;
        add(given, column,
            name_of(given) + ", and the target's column is " + column.type_name + ": " + found.why,
            found.write.empty() ? "" : "write " + found.write + given.text + found.end,
            found.kind == Verdict::Kind::some ? Severity::warning : Severity::error);
    }

    void check_length(const Given& given, const ColumnShape& column) {
        const std::size_t most = length_max(column);
        if (most == 0 || given.length_min <= most) return;
        add(given, column,
            given.text + " has at least " + std::to_string(given.length_min) +
                " characters, and the target's column is " + column.type_name,
            "ALTER TABLE ... ALTER COLUMN " + column.name + " TYPE text; -- or a shorter text");
    }

    // A cast to a varchar(n) cuts off; of these the length was looked at.
    void try_constant(const Given& given, const ColumnShape& column) {
        if (is_null(*given.constant)) return;
        const std::string type = length_max(column) > 0 ? column.type_sql : column.type_name;
        const auto answer = target_.try_exec("SELECT CAST($1 AS " + type + ")",
                                             Params{format_value(*given.constant)});
        if (answer) return;
        const std::string_view state = answer.error().sqlstate();
        if (!state.starts_with("22") && !state.starts_with("23")) return;
        std::string fix;
        if (column.enumeration) fix = "one of " + labels(column);
        if (shelf_of(column) == Shelf::array) fix = "'{a,b}' is how an array is written";
        add(given, column,
            given.text + " is no value of the target's column, which is " + column.type_name,
            std::move(fix));
    }

    std::string labels(const ColumnShape& column) {
        const auto found = target_.try_exec(
            "SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)"
            " FROM pg_enum e JOIN pg_type t ON e.enumtypid IN (t.oid, t.typbasetype)"
            " WHERE t.oid = $1::regtype",
            Params{column.type_sql});
        return found && found->rows() > 0 ? std::string{found->text(0, 0)} : "its labels";
    }

    Connection& target_;
    const EntityProgram& entity_;
    const TableShape& shape_;
    Findings& findings_;
};

}  // namespace

void check_expressions(Connection& target, const EntityProgram& entity, const TableShape& shape,
                       Findings& findings) {
    Expressions{target, entity, shape, findings}.run();
}

}  // namespace crossfade
