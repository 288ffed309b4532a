#include "postgres/copy_text.hpp"

namespace crossfade {

namespace {
// What COPY TO writes; octal and hex escapes are for input only.
char meaning_of(char escaped) {
    switch (escaped) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'v': return '\v';
        default: return escaped;
    }
}

std::string_view unescape(std::string_view text, std::string& buffer) {
    if (text.find('\\') == std::string_view::npos) return text;
    buffer.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size())
            buffer += meaning_of(text[++i]);
        else
            buffer += text[i];
    }
    return buffer;
}
}  // namespace

std::size_t split_copy_line(
    std::string_view line, std::string& buffer,
    const std::function<void(std::size_t, std::optional<std::string_view>)>& field) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    for (std::size_t column = 0;; ++column) {
        const auto tab = line.find('\t');  // a tab inside a value is escaped
        const std::string_view text = line.substr(0, tab);
        if (text == "\\N")
            field(column, std::nullopt);
        else
            field(column, unescape(text, buffer));
        if (tab == std::string_view::npos) return column + 1;
        line.remove_prefix(tab + 1);
    }
}

void append_copy_field(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default: out += c;
        }
    }
}

void append_copy_null(std::string& out) { out += "\\N"; }

}  // namespace crossfade
