#include "replicator/wal2json_head.hpp"

#include <charconv>
#include <optional>

namespace crossfade {

namespace {

// Reads forward; nothing is skipped but what it reads.
class HeadReader {
public:
    explicit HeadReader(std::string_view text) : rest_{text} {}

    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    // A string, without its quotes and escapes; those are what escape_json() of the server writes.
    std::optional<std::string> take_string() {
        if (!take('"')) return std::nullopt;
        std::string out;
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return out;
            if (c != '\\') {
                out += c;
            } else if (!take_escape(out)) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

    // A number, true, false or null.
    bool skip_scalar() {
        const auto end = rest_.find_first_of(",}[{\"");
        if (end == 0 || end == std::string_view::npos) return false;
        rest_.remove_prefix(end);
        return true;
    }

    bool at_string() const { return rest_.starts_with('"'); }

private:
    bool take_escape(std::string& out) {
        static constexpr std::string_view kEscapes = "bfnrt\"\\/";
        static constexpr std::string_view kMeant = "\b\f\n\r\t\"\\/";
        if (rest_.empty()) return false;
        const char c = rest_.front();
        rest_.remove_prefix(1);
        if (c != 'u') {
            const auto place = kEscapes.find(c);
            if (place == std::string_view::npos) return false;
            out += kMeant[place];
            return true;
        }
        if (rest_.size() < 4) return false;
        unsigned code = 0;
        const auto parsed = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
        if (parsed.ptr != rest_.data() + 4 || code >= 0x80) return false;
        out += static_cast<char>(code);
        rest_.remove_prefix(4);
        return true;
    }

    std::string_view rest_;
};

}  // namespace

Wal2JsonHead read_wal2json_head(std::string_view message) {
    Wal2JsonHead head;
    HeadReader reader{message};
    std::optional<std::string> schema;
    if (!reader.take('{')) return head;
    do {
        const auto name = reader.take_string();
        if (!name || !reader.take(':')) return head;
        if (!reader.at_string()) {
            if (!reader.skip_scalar()) return head;
            continue;
        }
        auto value = reader.take_string();
        if (!value) return head;
        if (*name == "action" && *value == "M") {
            head.message = true;
            return head;
        }
        if (*name == "schema") schema = value;
        if (*name == "table" && schema) {
            head.placed = true;
            head.schema = std::move(*schema);
            head.table = std::move(*value);
            return head;
        }
    } while (reader.take(','));
    return head;
}

}  // namespace crossfade
