#include "service/json_members.hpp"

#include "model/json.hpp"

#include <cstddef>

namespace crossfade {

namespace {

// Walks a document in the canonical form, which canonical_json has checked: ", " and ": " between
// tokens, escapes \" \\ \b \f \n \r \t \u00XX only.
class Walker {
public:
    explicit Walker(std::string_view text) : text_{text} {}

    bool at(char c) const { return place_ < text_.size() && text_[place_] == c; }
    void skip(std::size_t count) { place_ += count; }

    std::string string() {
        std::string out;
        for (++place_; text_[place_] != '"'; ++place_) {
            if (text_[place_] == '\\') {
                out += escaped();
            } else {
                out += text_[place_];
            }
        }
        ++place_;
        return out;
    }

    // The text of the value that begins here.
    std::string raw() {
        const std::size_t begin = place_;
        int depth = 0;
        while (place_ < text_.size()) {
            const char c = text_[place_];
            if (c == '"') {
                string();
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++place_;
        }
        return std::string{text_.substr(begin, place_ - begin)};
    }

private:
    char escaped() {
        switch (text_[++place_]) {
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u': {
                const auto code = std::stoi(std::string{text_.substr(place_ + 1, 4)}, nullptr, 16);
                place_ += 4;
                return static_cast<char>(code);
            }
            default: return text_[place_];
        }
    }

    std::string_view text_;
    std::size_t place_ = 0;
};

}  // namespace

Result<JsonMembers> parse_members(std::string_view json) {
    const Result<Json> document = canonical_json(json);
    if (!document) return document.error();
    if (!document->text.starts_with('{')) {
        return Error{ErrorKind::bad_value, "expected a JSON object"};
    }
    JsonMembers members;
    Walker walker{document->text};
    walker.skip(1);
    while (walker.at('"')) {
        std::string name = walker.string();
        walker.skip(2);
        members[std::move(name)] = walker.at('"') ? walker.string() : walker.raw();
        if (walker.at(',')) walker.skip(2);
    }
    return members;
}

Result<std::vector<std::string>> parse_elements(std::string_view json) {
    const Result<Json> document = canonical_json(json);
    if (!document) return document.error();
    if (!document->text.starts_with('[')) {
        return Error{ErrorKind::bad_value, "expected a JSON array"};
    }
    std::vector<std::string> elements;
    Walker walker{document->text};
    walker.skip(1);
    while (!walker.at(']')) {
        elements.push_back(walker.at('"') ? walker.string() : walker.raw());
        if (walker.at(',')) walker.skip(2);
    }
    return elements;
}

}  // namespace crossfade
