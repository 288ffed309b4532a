#include "transforms/reader/values.hpp"

#include "transforms/syntax/lexer.hpp"
#include "transforms/syntax/parser.hpp"

#include <algorithm>
#include <charconv>

namespace crossfade {
namespace {

// Maps and lists nest in YAML as deep as yaml-cpp allows; objects of expressions do not need to.
constexpr int kObjectDepthMax = 16;

std::string list_of(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

ExprPtr read_nested(Document& document, const Entry& entry, const Rewrite& rewrite, int depth) {
    if (depth > kObjectDepthMax) {
        document.error(document.place(entry), entry.path, "objects nested too deeply");
        return nullptr;
    }
    if (entry.is_scalar() || entry.is_null()) {
        if (document.is_blank(entry)) {
            document.error(entry.key_where, entry.path,
                           "an expression is expected (NULL is written null)");
            return nullptr;
        }
        SourceText source = document.scalar(entry);
        if (rewrite) source = rewrite(std::move(source));
        return parse_expression(source, entry.path, document.findings());
    }
    auto expr = std::make_shared<Expr>();
    expr->where = document.place(entry);
    expr->kind = entry.is_map() ? Expr::Kind::object : Expr::Kind::list;
    bool complete = true;
    for (const Entry& member :
         entry.is_map() ? document.map_entries(entry, "a map") : document.list_entries(entry)) {
        ExprPtr value = read_nested(document, member, rewrite, depth + 1);
        complete = complete && value;
        if (entry.is_map()) expr->names.push_back(member.key);
        expr->args.push_back(std::move(value));
    }
    if (!complete) return nullptr;
    return expr;
}

}  // namespace

std::optional<std::string> read_text(Document& document, const Entry& entry,
                                     std::string_view what) {
    if (!entry.is_scalar() || entry.text().empty()) {
        document.error(document.place(entry), entry.path, std::string{what} + " is expected");
        return std::nullopt;
    }
    return entry.text();
}

std::vector<std::string> read_texts(Document& document, const Entry& entry, std::string_view what) {
    if (entry.is_scalar()) {
        std::optional<std::string> text = read_text(document, entry, what);
        return text ? std::vector<std::string>{*text} : std::vector<std::string>{};
    }
    std::vector<std::string> texts;
    if (!entry.is_list() || entry.size() == 0) {
        document.error(document.place(entry), entry.path,
                       std::string{what} + ", or a list of them, is expected");
        return texts;
    }
    for (const Entry& item : document.list_entries(entry)) {
        std::optional<std::string> text = read_text(document, item, what);
        if (!text) continue;
        if (std::find(texts.begin(), texts.end(), *text) != texts.end()) {
            document.error(document.place(item), entry.path, "'" + *text + "' stands here twice");
        } else {
            texts.push_back(std::move(*text));
        }
    }
    return texts;
}

std::optional<bool> read_bool(Document& document, const Entry& entry) {
    const std::string text = entry.is_scalar() ? entry.text() : std::string{};
    if (text == "true") return true;
    if (text == "false") return false;
    document.error(document.place(entry), entry.path, "true or false is expected");
    return std::nullopt;
}

std::optional<std::int64_t> read_integer(Document& document, const Entry& entry, std::int64_t least,
                                         std::int64_t most) {
    const std::string text = entry.is_scalar() ? entry.text() : std::string{};
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() ||
        number < least || number > most) {
        document.error(document.place(entry), entry.path,
                       "a whole number from " + std::to_string(least) + " to " +
                           std::to_string(most) + " is expected");
        return std::nullopt;
    }
    return number;
}

std::optional<std::size_t> read_choice(Document& document, const Entry& entry,
                                       const std::vector<std::string>& choices) {
    const std::string text = entry.is_scalar() ? entry.text() : std::string{};
    const auto found = std::find(choices.begin(), choices.end(), text);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    std::string message = list_of(choices) + " is expected";
    if (!text.empty()) {
        message += ", not '" + text + "'";
        const std::string near = nearest(text, choices);
        if (!near.empty()) message += ": did you mean '" + near + "'?";
    }
    document.error(document.place(entry), entry.path, std::move(message));
    return std::nullopt;
}

bool check_name(Document& document, const Location& where, const std::string& path,
                const std::string& name) {
    if (!is_identifier(name)) {
        document.error(
            where, path,
            "'" + name + "' is no name: letters, digits and '_', not beginning with a digit");
        return false;
    }
    if (is_keyword(name) || name == "key" || name == "value" || name == "if" || name == "order") {
        document.error(where, path,
                       "'" + name + "' is a word of the language and cannot be a name");
        return false;
    }
    return true;
}

bool check_flag(Document& document, const Location& where, const std::string& path,
                const std::string& name) {
    const bool good =
        !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!good) {
        document.error(where, path, "a flag is a name of lower case letters, digits and '_'");
    }
    return good;
}

ExprPtr read_expression(Document& document, const Entry& entry, const Rewrite& rewrite) {
    return read_nested(document, entry, rewrite, 0);
}

std::vector<ExprPtr> read_expressions(Document& document, const Entry& entry) {
    std::vector<ExprPtr> expressions;
    if (!entry.is_list()) {
        ExprPtr expr = read_expression(document, entry);
        if (expr) expressions.push_back(std::move(expr));
        return expressions;
    }
    if (entry.size() == 0) {
        document.error(document.place(entry), entry.path, "at least one expression is expected");
    }
    for (const Entry& item : document.list_entries(entry)) {
        ExprPtr expr = read_expression(document, item);
        if (expr) expressions.push_back(std::move(expr));
    }
    return expressions;
}

std::vector<OrderTerm> read_order(Document& document, const Entry& entry) {
    std::vector<OrderTerm> order;
    const std::vector<Entry> items =
        entry.is_list() ? document.list_entries(entry) : std::vector<Entry>{entry};
    if (items.empty()) {
        document.error(document.place(entry), entry.path, "at least one term is expected");
    }
    for (const Entry& item : items) {
        if (!item.is_scalar()) {
            document.error(document.place(item), item.path,
                           "an expression, with asc or desc, is expected");
            continue;
        }
        OrderTerm term = parse_order_term(document.scalar(item), item.path, document.findings());
        if (term.expr) order.push_back(std::move(term));
    }
    return order;
}

std::vector<std::pair<std::string, ExprPtr>> read_named(Document& document, const Entry& entry,
                                                        std::string_view what) {
    std::vector<std::pair<std::string, ExprPtr>> named;
    for (const Entry& member : document.map_entries(entry, what)) {
        if (!check_name(document, member.key_where, member.path, member.key)) continue;
        ExprPtr expr = read_expression(document, member);
        if (expr) named.emplace_back(member.key, std::move(expr));
    }
    return named;
}

}  // namespace crossfade
