#include "verify/images.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"
#include "verify/cursor.hpp"

namespace crossfade {

namespace {

// Compares the stored form: a NaN equals itself.
bool is_same(const Value& a, const Value& b) {
    std::string left, right;
    append_value(left, a);
    append_value(right, b);
    return left == right;
}

std::optional<std::string> shown(const Value& value) {
    if (is_null(value)) return std::nullopt;
    return to_display(value);
}

class ImageComparison {
public:
    ImageComparison(const MappedRelation& relation, RelationIndex index,
                    RelationVerification& counts, DifferenceLog& log)
        : relation_{relation}, index_{index}, counts_{counts}, log_{log} {}

    void compare(const Cursor* fresh, const Cursor* state) {
        if (state != nullptr) ++counts_.images;
        if (fresh != nullptr && state != nullptr && fresh->value() == state->value()) return;
        const KeyBytes key{(fresh != nullptr ? fresh : state)->suffix()};
        if (fresh == nullptr || state == nullptr) {
            add(key, "", fresh != nullptr ? std::optional<std::string>{"a row"} : std::nullopt,
                state != nullptr ? std::optional<std::string>{"a row"} : std::nullopt, false);
            return;
        }
        Row expected = decode_row(fresh->value());
        Row found = decode_row(state->value());
        // Columns that the mapping began to read later are not in older images.
        expected.resize(relation_.columns.size(), Value{Null{}});
        found.resize(relation_.columns.size(), Value{Null{}});
        for (std::size_t i = 0; i < relation_.columns.size(); ++i) {
            if (is_same(expected[i], found[i])) continue;
            const MappedColumn& column = relation_.columns[i];
            if (column.secret)
                add(key, column.name, std::nullopt, std::nullopt, true);
            else
                add(key, column.name, shown(expected[i]), shown(found[i]), false);
        }
    }

private:
    void add(const KeyBytes& key, const std::string& column, std::optional<std::string> expected,
             std::optional<std::string> found, bool secret) {
        ++counts_.differences;
        log_.add({.kind = DifferenceKind::image,
                  .entity = counts_.name,
                  .key = display_key(key),
                  .id = {},
                  .column = column,
                  .expected = std::move(expected),
                  .found = std::move(found),
                  .secret = secret});
        log_.repair(ImageRef{index_, key});
    }

    const MappedRelation& relation_;
    RelationIndex index_;
    RelationVerification& counts_;
    DifferenceLog& log_;
};

}  // namespace

void compare_images(const Program& program, const Reader& fresh, const Reader& state,
                    Verification& verification, DifferenceLog& log) {
    for (RelationIndex r = 0; r < program.relations.size(); ++r) {
        ImageComparison comparison{program.relations[r], r, verification.relations[r], log};
        const std::string prefix = keys::image_prefix(r);
        merge(Cursor{fresh, Family::images, prefix}, Cursor{state, Family::images, prefix},
              [&](const Cursor* left, const Cursor* right) { comparison.compare(left, right); });
    }
}

}  // namespace crossfade
