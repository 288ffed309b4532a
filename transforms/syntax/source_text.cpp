#include "transforms/syntax/source_text.hpp"

#include <algorithm>

namespace crossfade {

SourceText SourceText::at(std::string_view text, const Location& where) {
    SourceText source{where.file, std::string{text}, {}};
    source.positions.reserve(text.size() + 1);
    Position here{where.line, where.column};
    for (std::size_t i = 0; i < text.size(); ++i) {
        source.positions.push_back(here);
        const bool ends = i + 1 == text.size() || !continues_character(text[i + 1]);
        if (ends) ++here.column;
    }
    source.positions.push_back(here);
    return source;
}

Location SourceText::place(std::size_t offset) const {
    if (positions.empty()) return Location{file, 0, 0};
    const Position& position = positions[std::min(offset, positions.size() - 1)];
    return Location{file, position.line, position.column};
}

}  // namespace crossfade
