#include "model/relation.hpp"

#include <algorithm>

namespace crossfade {

const CatalogColumn* CatalogTable::find(std::string_view column) const {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const CatalogColumn& c) { return c.name == column; });
    return found == columns.end() ? nullptr : &*found;
}

std::string TableName::text() const {
    if (schema.find_first_of(".\"") == std::string::npos) return schema + "." + name;
    std::string quoted;
    for (const char c : schema)
        quoted += c == '"' ? std::string{"\"\""} : std::string{c};
    return "\"" + quoted + "\"." + name;
}

TableName TableName::parse(std::string_view text) {
    TableName table;
    if (!text.starts_with('"')) {
        const std::size_t dot = text.find('.');
        return {std::string{text.substr(0, dot)}, std::string{text.substr(dot + 1)}};
    }
    std::size_t at = 1;
    while (text.substr(at, 2) != "\".") {
        if (text[at] == '"') ++at;
        table.schema += text[at++];
    }
    table.name = text.substr(at + 2);
    return table;
}

namespace {
void append_part(KeyBytes& bytes, const MappedColumn& column, const Value& value) {
    if (column.key.changes())
        append_key(bytes, column.key.of(value));
    else
        append_key(bytes, value);
}
}  // namespace

KeyBytes MappedRelation::key_of(const Row& row) const {
    KeyBytes bytes;
    for (const std::uint32_t position : key)
        append_part(bytes, columns[position], row.at(position));
    return bytes;
}

KeyBytes MappedRelation::key_of_parts(const std::vector<Value>& parts) const {
    KeyBytes bytes;
    for (std::size_t i = 0; i < parts.size(); ++i)
        append_part(bytes, columns[key.at(i)], parts[i]);
    return bytes;
}

}  // namespace crossfade
