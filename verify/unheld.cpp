#include "verify/unheld.hpp"

#include "pipeline/claims.hpp"
#include "pipeline/root_name.hpp"
#include "pipeline/state_view.hpp"
#include "postgres/codec.hpp"
#include "postgres/quote.hpp"
#include "state/keys.hpp"
#include "state/records.hpp"
#include "target/statements.hpp"
#include "verify/history.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

namespace {

// Values under which no root stands: rows born on the target held them.
std::vector<KeyBytes> marked_values(const Reader& state, std::uint32_t claim) {
    std::vector<KeyBytes> values;
    const std::string prefix = keys::claim_prefix(claim, {});
    state.scan(Family::claims, prefix, {}, [&](std::string_view entry, std::string_view root) {
        if (root.empty()) values.emplace_back(entry.substr(prefix.size()));
        return true;
    });
    return values;
}

// The first living root that wants the value.
std::optional<RootRef> first_wish(const Program& program, const Reader& state,
                                  const ClaimValue& value) {
    std::optional<RootRef> first;
    each_claimant(program, state, value, [&](char rank, const RootRef& root) {
        if (rank == kLiving) first = root;
        return false;
    });
    return first;
}

// What the root wants to have in the columns of the claim, as text; nothing if it is no more what
// the registry says (work is open).
std::map<std::uint32_t, std::string> wished(const Program& program, const Reader& state,
                                            const RootRef& root, const ClaimSpec& claim,
                                            const KeyBytes& value) {
    StateView view{program, state};
    const Outcome outcome = derive(program, root.entity, root.root, view);
    std::map<std::uint32_t, std::string> columns;
    const bool wants = std::ranges::any_of(outcome.wishes, [&](const ClaimWish& wish) {
        const ClaimSpec& spec = program.claims[wish.claim];
        return spec.registry == claim.registry && spec.column == claim.column &&
               wish.value == value;
    });
    if (!wants || outcome.state != RootState::row) return columns;
    columns.emplace(claim.column, format_value(outcome.values[claim.column]));
    for (const std::uint32_t column : claim.within)
        columns.emplace(column, format_value(outcome.values[column]));
    return columns;
}

}  // namespace

void find_unheld(const Program& program, EntityIndex entity, const Reader& state,
                 Connection& target, EntityVerification& counts, DifferenceLog& log) {
    const TargetSpec& spec = program.entities[entity].target;
    std::optional<TableShape> shape;
    std::optional<TableStatements> table;  // borrows it
    for (const ClaimSpec& claim : program.claims) {
        if (!claim.of_column() || claim.entity != entity) continue;
        for (const KeyBytes& value : marked_values(state, claim.registry)) {
            const auto root = first_wish(program, state, {claim.registry, value});
            if (!root || root->entity != entity) continue;  // of an entity that shares the claim
            const auto record = read_record(state, *root);
            if (!record || !record->present || record->state != StoredState::applied) continue;
            const auto columns = wished(program, state, *root, claim, value);
            if (columns.empty()) continue;
            if (!shape) {
                shape = read_shape(target, spec.schema, spec.table);
                table.emplace(entity, spec, *shape);
            }
            std::set<std::uint32_t> positions;
            Params params{Uuid{}.format()};
            for (const auto& [column, text] : columns) {
                positions.insert(column);
                params.text(text);
            }
            if (!target.exec(table->holder_sql(positions), params).empty()) continue;
            const std::string column = spec.columns[claim.column].name;
            const QueryResult now =
                target.exec("SELECT " + quote_identifier(column) + "::text FROM " +
                                quote_table(spec.schema, spec.table) + " WHERE " +
                                quote_identifier(spec.id_column) + " = $1::uuid",
                            Params{record->id.format()});
            ++counts.differences;
            log.add({.kind = DifferenceKind::different,
                     .entity = program.entities[entity].name,
                     .key = display_root(program, root->root),
                     .id = record->id,
                     .column = column,
                     .expected = columns.at(claim.column),
                     .found = now.empty() ? std::nullopt : now.get(0, 0)});
            log.repair(*root);
        }
    }
}

}  // namespace crossfade
