#include "model/case_folding.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr std::uint32_t kLetterEnd = 0x110000;
constexpr std::uint32_t kSurrogates = 0xD800, kSurrogatesEnd = 0xE000;
constexpr std::uint32_t kNoLetter = 0xFFFFFFFF;

void append_letter(std::string& out, std::uint32_t letter) {
    const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (letter < 0x80) return byte(letter);
    if (letter < 0x800) {
        byte(0xC0U | (letter >> 6));
    } else if (letter < 0x10000) {
        byte(0xE0U | (letter >> 12));
        byte(0x80U | ((letter >> 6) & 0x3FU));
    } else {
        byte(0xF0U | (letter >> 18));
        byte(0x80U | ((letter >> 12) & 0x3FU));
        byte(0x80U | ((letter >> 6) & 0x3FU));
    }
    byte(0x80U | (letter & 0x3FU));
}

// Takes one character off the front; kNoLetter and one byte, if there is none.
std::uint32_t take_letter(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC0 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF8 ? 4
                                              : 0;
    if (length == 0 || text.size() < length) {
        text.remove_prefix(1);
        return kNoLetter;
    }
    std::uint32_t letter = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) {
            text.remove_prefix(1);
            return kNoLetter;
        }
        letter = (letter << 6) | (next & 0x3FU);
    }
    text.remove_prefix(length);
    return letter;
}
}  // namespace

const std::string& CaseFolding::alphabet() {
    static const std::string letters = [] {
        std::string text;
        for (std::uint32_t letter = 1; letter < kLetterEnd; ++letter) {
            if (letter == kSurrogates) letter = kSurrogatesEnd;
            append_letter(text, letter);
        }
        return text;
    }();
    return letters;
}

CaseFolding::CaseFolding(std::string_view lowered) {
    std::string_view letters = alphabet();
    while (!letters.empty() && !lowered.empty()) {
        const std::uint32_t letter = take_letter(letters);
        const std::uint32_t small = take_letter(lowered);
        if (small == kNoLetter) return;
        if (small != letter) letters_.emplace_back(letter, small);
    }
    ok_ = letters.empty() && lowered.empty();
}

std::uint32_t CaseFolding::lower(std::uint32_t letter) const {
    const auto found = std::lower_bound(letters_.begin(), letters_.end(),
                                        std::pair<std::uint32_t, std::uint32_t>{letter, 0});
    return found != letters_.end() && found->first == letter ? found->second : letter;
}

std::string CaseFolding::fold(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char byte = text.front();
        const std::uint32_t letter = take_letter(text);
        if (letter == kNoLetter)
            out += byte;
        else
            append_letter(out, lower(letter));
    }
    return out;
}

// FNV-1a.
std::uint32_t CaseFolding::checksum() const {
    std::uint32_t sum = 2166136261U;
    for (const auto& [letter, small] : letters_) {
        for (const std::uint32_t part : {letter, small}) {
            for (int shift = 0; shift < 32; shift += 8)
                sum = (sum ^ ((part >> shift) & 0xFFU)) * 16777619U;
        }
    }
    return sum;
}

}  // namespace crossfade
