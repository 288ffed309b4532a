#include "transforms/reader/document.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>

namespace crossfade {
namespace {

// Offset of the first byte that is not UTF-8 (overlong forms and surrogates included), or npos.
std::size_t first_invalid_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xC2 ? 0
                                   : lead < 0xE0 ? 2
                                   : lead < 0xF0 ? 3
                                   : lead < 0xF5 ? 4
                                                 : 0;
        if (length == 0 || i + length > text.size()) return i;
        for (std::size_t k = 1; k < length; ++k) {
            if (!continues_character(text[i + k])) return i;
        }
        const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
            return i;
        }
        i += length;
    }
    return std::string_view::npos;
}

// What yaml-cpp's messages leave open to somebody who does not know YAML by heart.
std::string explain(const std::string& message) {
    std::string text = "not readable as YAML: " + message;
    if (message.find("end of map") != std::string::npos ||
        message.find("illegal") != std::string::npos ||
        message.find("unknown token") != std::string::npos) {
        text +=
            " (an expression that begins with a quote, or holds ', ' or ': ', must be quoted as a "
            "whole)";
    }
    return text;
}

std::shared_ptr<const YAML::Node> share(const YAML::Node& node) {
    return std::make_shared<const YAML::Node>(node);
}

// Length of the escape that begins with the backslash at `at`.
std::size_t escape_length(std::string_view text, std::size_t at) {
    switch (at + 1 < text.size() ? text[at + 1] : '\0') {
        case 'x': return 4;
        case 'u': return 6;
        case 'U': return 10;
        default: return 2;
    }
}

bool is_yaml_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

bool Entry::is_scalar() const { return node->IsScalar(); }
bool Entry::is_map() const { return node->IsMap(); }
bool Entry::is_list() const { return node->IsSequence(); }
bool Entry::is_null() const { return node->IsNull(); }
std::size_t Entry::size() const { return node->size(); }
const std::string& Entry::text() const { return node->Scalar(); }

Document::Document(std::string text, std::string file, Findings& findings)
    : text_{std::move(text)}, file_{std::move(file)}, findings_{findings} {
    // yaml-cpp's offsets do not count a byte order mark.
    if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
}

SourceText::Position Document::position(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    const std::size_t start = *(next - 1);
    const auto characters = std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(start),
                                          text_.begin() + static_cast<std::ptrdiff_t>(offset),
                                          [](char c) { return !continues_character(c); });
    return {static_cast<int>(next - line_starts_.begin()), static_cast<int>(characters) + 1};
}

void Document::error(const Location& where, const std::string& path, std::string message) {
    findings_.push_back({where, path, std::move(message)});
}

std::optional<Entry> Document::parse() {
    const auto at = [this](std::size_t offset) {
        const SourceText::Position place = position(offset);
        return Location{file_, place.line, place.column};
    };
    const std::size_t invalid = first_invalid_utf8(text_);
    if (invalid != std::string_view::npos) {
        error(at(invalid), "", "the file is not UTF-8 here");
        return std::nullopt;
    }
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(text_);
        if (documents.size() != 1) {
            error(
                Location{file_, 1, 1}, "",
                documents.empty() ? "the file is empty" : "the file holds more than one document");
            return std::nullopt;
        }
        const YAML::Mark mark = documents[0].Mark();
        return Entry{"", share(documents[0]),
                     at(mark.is_null() ? 0 : static_cast<std::size_t>(mark.pos)), ""};
    } catch (const YAML::Exception& exception) {
        const bool placed = !exception.mark.is_null();
        error(placed ? at(static_cast<std::size_t>(exception.mark.pos)) : Location{file_, 0, 0}, "",
              explain(exception.msg));
        return std::nullopt;
    }
}

// From the mark of a node to its content: past anchors and tags.
std::size_t Document::content_offset(std::size_t offset) const {
    while (offset < text_.size() && (text_[offset] == '&' || text_[offset] == '!')) {
        while (offset < text_.size() && !is_yaml_blank(text_[offset]))
            ++offset;
        while (offset < text_.size() && is_yaml_blank(text_[offset]))
            ++offset;
    }
    return offset;
}

Location Document::place(const Entry& entry) const {
    const YAML::Mark mark = entry.node->Mark();
    if (mark.is_null() || mark.pos < 0 || entry.is_null()) return entry.key_where;
    const SourceText::Position here = position(content_offset(static_cast<std::size_t>(mark.pos)));
    return Location{file_, here.line, here.column};
}

bool Document::is_quoted(const Entry& entry) const {
    return entry.is_scalar() && entry.node->Tag() == "!";
}

bool Document::is_blank(const Entry& entry) const {
    if (!entry.is_null()) return false;
    const YAML::Mark mark = entry.node->Mark();
    if (mark.is_null() || mark.pos < 0) return true;
    const std::size_t at = content_offset(static_cast<std::size_t>(mark.pos));
    const std::string_view rest = std::string_view{text_}.substr(std::min(at, text_.size()));
    return !rest.starts_with("null") && !rest.starts_with("Null") && !rest.starts_with("NULL") &&
           !rest.starts_with("~");
}

SourceText Document::scalar(const Entry& entry) const {
    SourceText source;
    source.file = file_;
    source.text = entry.is_null() && !is_blank(entry) ? "null" : entry.text();
    const YAML::Mark mark = entry.node->Mark();
    std::size_t at =
        content_offset(mark.is_null() || mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos));
    const char style = at < text_.size() ? text_[at] : '\0';
    const bool quoted = is_quoted(entry) && (style == '\'' || style == '"');
    if (quoted) ++at;
    if (is_quoted(entry) && (style == '|' || style == '>')) {
        at = std::min(text_.find('\n', at), text_.size());
    }
    // The scalar and its raw text go side by side. Where they differ there is an escape (a doubled
    // quote, or a sequence after a backslash) or a line that was folded or indented.
    for (const char c : source.text) {
        if (quoted && style == '"' && at < text_.size() && text_[at] == '\\') {
            source.positions.push_back(position(at));
            at += escape_length(text_, at);
            continue;
        }
        while (at < text_.size() && text_[at] != c && is_yaml_blank(text_[at]))
            ++at;
        source.positions.push_back(position(at));
        if (at < text_.size() && text_[at] == c) ++at;
        if (quoted && style == '\'' && c == '\'') ++at;
    }
    source.positions.push_back(position(at));
    return source;
}

std::vector<Entry> Document::list_entries(const Entry& entry) {
    std::vector<Entry> items;
    for (std::size_t i = 0; i < entry.size(); ++i) {
        Entry item{"", share((*entry.node)[i]), {}, entry.path + "[" + std::to_string(i) + "]"};
        item.key_where = entry.key_where;
        item.key_where = place(item);
        items.push_back(std::move(item));
    }
    return items;
}

std::vector<Entry> Document::key_entries(const Entry& entry) const {
    std::vector<Entry> keys;
    for (const auto& pair : *entry.node) {
        if (!pair.first.IsScalar()) continue;
        Entry key{pair.first.Scalar(), share(pair.first), {}, entry.path};
        key.key_where = place(key);
        keys.push_back(std::move(key));
    }
    return keys;
}

std::vector<Entry> Document::map_entries(const Entry& entry, std::string_view what) {
    std::vector<Entry> entries;
    if (!entry.is_map()) {
        error(place(entry), entry.path, std::string{what} + " is expected here");
        return entries;
    }
    std::map<std::string, Location> seen;
    for (const auto& pair : *entry.node) {
        Entry key{"", share(pair.first), entry.key_where, entry.path};
        const Location where = place(key);
        if (!pair.first.IsScalar()) {
            error(where, entry.path, "a key must be a plain name");
            continue;
        }
        const std::string name = pair.first.Scalar();
        const std::string path = entry.path.empty() ? name : entry.path + "." + name;
        const auto [earlier, fresh] = seen.emplace(name, where);
        if (!fresh) {
            error(where, path,
                  "'" + name + "' stands here twice; the first is in line " +
                      std::to_string(earlier->second.line));
            continue;
        }
        entries.push_back({name, share(pair.second), where, path});
    }
    return entries;
}

MapReader::MapReader(Document& document, const Entry& entry, std::string_view what)
    : document_{document}, entry_{entry}, entries_{document.map_entries(entry, what)} {}

std::optional<Entry> MapReader::take(std::string_view key) {
    known_.emplace_back(key);
    for (const Entry& entry : entries_) {
        if (entry.key == key) return entry;
    }
    return std::nullopt;
}

bool MapReader::has(std::string_view key) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [key](const Entry& entry) { return entry.key == key; });
}

std::optional<Entry> MapReader::require(std::string_view key, std::string_view what) {
    std::optional<Entry> entry = take(key);
    // A value of the wrong kind has its finding already, and one is enough.
    if (!entry && entry_.is_map())
        missing_.insert(std::string{key} + "' is missing: " + std::string{what});
    return entry;
}

void MapReader::finish() {
    std::set<std::string> guessed;
    for (const Entry& entry : entries_) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
        std::vector<std::string> free;
        for (const std::string& known : known_) {
            if (!has(known)) free.push_back(known);
        }
        std::string message = "unknown key '" + entry.key + "'";
        const std::string near = nearest(entry.key, free);
        if (!near.empty()) {
            message += ": did you mean '" + near + "'?";
            guessed.insert(near);
        } else if (document_.is_blank(entry)) {
            message += ": inside { } a comma ends a value, so quote an expression that holds one";
        } else {
            message += "; known here: ";
            for (std::size_t i = 0; i < known_.size(); ++i)
                message += (i ? ", " : "") + known_[i];
        }
        document_.error(entry.key_where, entry.path, std::move(message));
    }
    for (const std::string& missing : missing_) {
        // "nmae" for "name" is one mistake, not two.
        if (guessed.contains(missing.substr(0, missing.find('\'')))) continue;
        document_.error(entry_.key_where, entry_.path, "'" + missing);
    }
}

}  // namespace crossfade
