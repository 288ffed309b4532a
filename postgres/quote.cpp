#include "postgres/quote.hpp"

namespace crossfade {

namespace {
std::string enclose(std::string_view text, char quote) {
    std::string out;
    out.reserve(text.size() + 2);
    out += quote;
    for (const char c : text) {
        if (c == quote) out += c;
        out += c;
    }
    out += quote;
    return out;
}
}  // namespace

std::string quote_identifier(std::string_view name) { return enclose(name, '"'); }

std::string quote_table(std::string_view schema, std::string_view name) {
    return quote_identifier(schema) + "." + quote_identifier(name);
}

std::string quote_literal(std::string_view text) {
    if (text.find('\\') == std::string_view::npos) return enclose(text, '\'');
    std::string doubled;
    for (const char c : text) {
        if (c == '\\') doubled += c;
        doubled += c;
    }
    return "E" + enclose(doubled, '\'');
}

std::string quote_identifiers(std::span<const std::string> names) {
    std::string out;
    for (const std::string& name : names) {
        if (!out.empty()) out += ", ";
        out += quote_identifier(name);
    }
    return out;
}

std::string quote_conninfo(std::string_view value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

}  // namespace crossfade
