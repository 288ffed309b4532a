#include "verify/accounts.hpp"

#include "pipeline/root_name.hpp"
#include "pipeline/stager.hpp"
#include "postgres/quote.hpp"
#include "state/keys.hpp"
#include "state/records.hpp"
#include "verify/cursor.hpp"
#include "verify/rows.hpp"

namespace crossfade {

namespace {

void add_account(const std::string& name, std::string_view what, std::int64_t expected,
                 std::int64_t found, DifferenceLog& log) {
    log.add({.kind = DifferenceKind::account,
             .entity = name,
             .key = {},
             .id = {},
             .column = std::string{what},
             .expected = std::to_string(expected),
             .found = std::to_string(found),
             .secret = false});
}

}  // namespace

void count_source_rows(const Program& program, Connection& source, Verification& verification) {
    for (RelationIndex r = 0; r < program.relations.size(); ++r) {
        const MappedRelation& relation = program.relations[r];
        const QueryResult rows =
            source.exec("SELECT count(*) FROM " + quote_table(relation.schema, relation.name));
        verification.relations[r].rows = static_cast<std::uint64_t>(rows.integer(0, 0));
    }
}

void check_source_rows(const Program& program, const Reader& scratch, Verification& verification,
                       DifferenceLog& log) {
    for (RelationIndex r = 0; r < program.relations.size(); ++r) {
        RelationVerification& counts = verification.relations[r];
        std::uint64_t images = 0;
        scratch.scan(Family::images, keys::image_prefix(r), {},
                     [&](std::string_view, std::string_view) {
                         ++images;
                         return true;
                     });
        if (images == counts.rows) continue;
        ++counts.differences;
        add_account(counts.name, "rows", static_cast<std::int64_t>(counts.rows),
                    static_cast<std::int64_t>(images), log);
    }
}

void check_accounts(EntityIndex entity, const Reader& scratch, const Reader& state,
                    EntityVerification& counts, DifferenceLog& log) {
    struct Count {
        std::string_view what;
        std::int64_t& value;
    };
    const Count all[] = {{"source", counts.source}, {"applied", counts.applied},
                         {"merged", counts.merged}, {"filtered", counts.filtered},
                         {"parked", counts.parked}, {"rejected", counts.rejected}};
    for (const Count& count : all) {
        count.value = read_counter(state, entity, count.what);
        const std::int64_t expected = read_counter(scratch, entity, count.what);
        if (expected == count.value) continue;
        ++counts.differences;
        add_account(counts.name, count.what, expected, count.value, log);
    }
    const std::int64_t derived =
        counts.applied + counts.merged + counts.filtered + counts.parked + counts.rejected;
    counts.pending = counts.source - derived;
    // No work is open at the point, so nothing may be pending; a negative count is wrong in any
    // case.
    if (counts.pending == 0) return;
    ++counts.differences;
    add_account(counts.name, "pending", 0, counts.pending, log);
}

namespace {

class StateComparison {
public:
    StateComparison(const Program& program, EntityIndex entity, EntityVerification& counts,
                    DifferenceLog& log)
        : program_{program}, entity_{entity}, counts_{counts}, log_{log} {}

    void compare(const Cursor* scratch, const Cursor* state) {
        if (scratch != nullptr && state != nullptr && scratch->value() == state->value()) return;
        const KeyBytes root{(scratch != nullptr ? scratch : state)->suffix()};
        const DerivedRecord expected = record_of(scratch);
        const DerivedRecord found = record_of(state);
        if (expected.state != found.state) {
            add(root, "state", std::string{to_string(expected.state)},
                std::string{to_string(found.state)});
        } else if (expected.members != found.members) {
            add(root, "members", std::to_string(expected.members), std::to_string(found.members));
        } else if (expected.present && found.present && expected.id != found.id) {
            add(root, "id", expected.id.format(), found.id.format());
        }
    }

private:
    static DerivedRecord record_of(const Cursor* cursor) {
        return cursor != nullptr ? DerivedRecord::decode(cursor->value()) : DerivedRecord{};
    }

    void add(const KeyBytes& root, const char* column, std::string expected, std::string found) {
        ++counts_.differences;
        log_.add({.kind = DifferenceKind::state,
                  .entity = counts_.name,
                  .key = display_root(program_, root),
                  .id = {},
                  .column = column,
                  .expected = std::move(expected),
                  .found = std::move(found),
                  .secret = false});
        log_.repair(RootRef{entity_, root});
    }

    const Program& program_;
    EntityIndex entity_;
    EntityVerification& counts_;
    DifferenceLog& log_;
};

}  // namespace

void compare_states(const Program& program, EntityIndex entity, const Reader& scratch,
                    const Reader& state, EntityVerification& counts, DifferenceLog& log) {
    StateComparison comparison{program, entity, counts, log};
    const std::string prefix = keys::entity_prefix(entity);
    merge(Cursor{scratch, Family::derived, prefix}, Cursor{state, Family::derived, prefix},
          [&](const Cursor* left, const Cursor* right) { comparison.compare(left, right); });
}

}  // namespace crossfade
