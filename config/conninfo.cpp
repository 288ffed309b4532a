#include "config/conninfo.hpp"

#include <algorithm>

namespace crossfade {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
}

// A value: in quotes, or up to the next blank; a backslash takes the next character as it is.
std::optional<std::string> take_value(std::string_view& text) {
    std::string value;
    const bool quoted = text.starts_with('\'');
    if (quoted) text.remove_prefix(1);
    while (!text.empty()) {
        const char c = text.front();
        if (quoted ? c == '\'' : is_blank(c)) break;
        if (c == '\\' && text.size() > 1) text.remove_prefix(1);
        value += text.front();
        text.remove_prefix(1);
    }
    if (quoted) {
        if (text.empty()) return std::nullopt;
        text.remove_prefix(1);
    }
    return value;
}

std::optional<Parameters> parse_keywords(std::string_view text) {
    Parameters parameters;
    for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
        std::string name;
        while (!text.empty() && text.front() != '=' && !is_blank(text.front())) {
            name += text.front();
            text.remove_prefix(1);
        }
        skip_blanks(text);
        if (name.empty() || !text.starts_with('=')) return std::nullopt;
        text.remove_prefix(1);
        skip_blanks(text);
        auto value = take_value(text);
        if (!value) return std::nullopt;
        parameters.emplace_back(std::move(name), std::move(*value));
    }
    return parameters;
}

// Percent-encoding is left as it is: we ask what is there, not what it means.
Parameters parse_uri(std::string_view rest) {
    Parameters parameters;
    const std::size_t query = rest.find('?');
    std::string_view authority = rest.substr(0, std::min(rest.find('/'), query));
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos) {
        const std::string_view login = authority.substr(0, at);
        const std::size_t colon = login.find(':');
        parameters.emplace_back("user", login.substr(0, colon));
        if (colon != std::string_view::npos) {
            parameters.emplace_back("password", login.substr(colon + 1));
        }
        authority.remove_prefix(at + 1);
    }
    parameters.emplace_back("host", authority);
    if (query == std::string_view::npos) return parameters;
    for (std::string_view list = rest.substr(query + 1); !list.empty();) {
        const std::size_t end = std::min(list.find('&'), list.size());
        const std::string_view pair = list.substr(0, end);
        const std::size_t equals = std::min(pair.find('='), pair.size());
        parameters.emplace_back(pair.substr(0, equals),
                                pair.substr(std::min(equals + 1, pair.size())));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return parameters;
}

}  // namespace

std::optional<Parameters> parse_conninfo(std::string_view text) {
    for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
        if (text.starts_with(scheme)) return parse_uri(text.substr(scheme.size()));
    }
    return parse_keywords(text);
}

bool is_plausible_conninfo(const std::string& text) {
    const auto parameters = parse_conninfo(text);
    return parameters && !parameters->empty();
}

bool holds_password(std::string_view conninfo) {
    const auto parameters = parse_conninfo(conninfo);
    if (!parameters) return false;
    return std::any_of(parameters->begin(), parameters->end(), [](const auto& parameter) {
        return (parameter.first == "password" || parameter.first == "sslpassword") &&
               !parameter.second.empty();
    });
}

}  // namespace crossfade
