// A piece of text together with the place in a file where each of its bytes stands, so that a
// finding inside a quoted, folded or substituted YAML scalar still points at the character that is
// wrong.
#pragma once

#include "model/finding.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

struct SourceText {
    struct Position {
        int line = 0;    // from 1, 0 = unknown
        int column = 0;  // from 1, in characters (code points)
    };
    std::string file;
    std::string text;
    std::vector<Position> positions;  // one for each byte of `text`, and one for its end

    // Text that stands in one line of a file, beginning at `where`.
    static SourceText at(std::string_view text, const Location& where);

    Location place(std::size_t offset) const;
};

// Whether a byte of UTF-8 continues a character, that is, does not count as a column of its own.
inline bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace crossfade
