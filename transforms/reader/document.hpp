// A YAML file as the mapping reader sees it: nodes with their place, maps whose keys are read once
// and whose left-over keys are findings. yaml-cpp itself reports neither duplicate nor unknown
// keys.
#pragma once

#include "model/finding.hpp"
#include "transforms/syntax/source_text.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace YAML {  // NOLINT(readability-identifier-naming): theirs
class Node;
}

namespace crossfade {

// A value in a map or list, with the words to report about it.
struct Entry {
    std::string key;                         // empty for an item of a list
    std::shared_ptr<const YAML::Node> node;  // null in an empty Entry only
    Location key_where;                      // of the key; of the item itself in a list
    std::string path;                        // "entities.users.columns.email"

    bool is_scalar() const;
    bool is_map() const;
    bool is_list() const;
    bool is_null() const;
    std::size_t size() const;         // entries of a map or list; else 0
    const std::string& text() const;  // of a scalar; else empty
};

// Owns the text; outlives its nodes. Findings are appended to the list given.
class Document {
public:
    Document(std::string text, std::string file, Findings& findings);

    // The root node, or nullopt after a finding (not UTF-8, not YAML, more than one document).
    std::optional<Entry> parse();

    void error(const Location& where, const std::string& path, std::string message);
    Location place(const Entry& entry) const;  // of the value
    // The scalar with the place of each of its bytes, whatever its quoting or folding.
    SourceText scalar(const Entry& entry) const;
    // True for "key:", false for "key: null".
    bool is_blank(const Entry& entry) const;
    // Written in quotes, or as a block: a text even if it looks like a number.
    bool is_quoted(const Entry& entry) const;

    // The entries of a map, in the file's order, duplicates reported and left out; a finding and an
    // empty list if it is no map. `what` names the map in the finding: "columns are a map of ...".
    std::vector<Entry> map_entries(const Entry& entry, std::string_view what);
    std::vector<Entry> list_entries(const Entry& entry);
    // The plain keys of a map, without findings: each entry is the key itself, not its value.
    std::vector<Entry> key_entries(const Entry& entry) const;

    Findings& findings() { return findings_; }

private:
    std::size_t content_offset(std::size_t offset) const;
    SourceText::Position position(std::size_t offset) const;

    std::string text_;
    std::string file_;
    Findings& findings_;
    std::vector<std::size_t> line_starts_;
};

// Reads a map key by key; finish() reports the keys nobody asked for, with the nearest one asked
// for.
class MapReader {
public:
    MapReader(Document& document, const Entry& entry, std::string_view what);

    std::optional<Entry> take(std::string_view key);
    // As take, but its absence is a finding.
    std::optional<Entry> require(std::string_view key, std::string_view what);
    bool has(std::string_view key) const;
    void finish();

private:
    Document& document_;
    Entry entry_;
    std::vector<Entry> entries_;
    std::vector<std::string> known_;
    std::set<std::string> missing_;
};

}  // namespace crossfade
