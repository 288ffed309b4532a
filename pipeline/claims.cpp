#include "pipeline/claims.hpp"

#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr std::size_t kBeforeName = 2;  // in the order of an id's claim: rank, adopted or not
}

namespace {
// Of several entities: the name of the root's, then the root.
std::string claim_entry(const Program& program, const RootRef& root, const ClaimSpec& registry) {
    if (!registry.of_table) return root.root;
    KeyBytes entry;
    append_key(entry, program.entities[root.entity].name);
    return entry + root.root;
}

std::optional<RootRef> root_of_entry(const Program& program, const ClaimSpec& registry,
                                     std::string_view entry) {
    if (!registry.of_table) return RootRef{registry.entity, KeyBytes{entry}};
    const EntityIndex entity = program.find_entity(std::get<std::string>(take_key_value(entry)));
    if (entity == kNone) return std::nullopt;
    return RootRef{entity, KeyBytes{entry}};
}
}  // namespace

ClaimValue registered_as(const Program& program, const StoredClaim& claim) {
    return {program.claims[claim.claim].registry, claim.value};
}

void put_claim(const Program& program, WriteSet& set, const RootRef& root,
               const StoredClaim& claim) {
    const auto [registry, value] = registered_as(program, claim);
    set.put(Family::claims, keys::claim(registry, value, claim.order, root.root),
            claim_entry(program, root, program.claims[registry]));
}

void each_claimant(const Program& program, const Reader& reader, const ClaimValue& value,
                   const std::function<bool(char rank, const RootRef&)>& each) {
    const std::string prefix = keys::claim_prefix(value.first, value.second);
    const ClaimSpec& registry = program.claims[value.first];
    reader.scan(Family::claims, prefix, {}, [&](std::string_view entry, std::string_view root) {
        if (entry.size() == prefix.size()) return true;
        const auto claimant = root_of_entry(program, registry, root);
        return !claimant || each(entry[prefix.size()], *claimant);
    });
}

std::optional<RootRef> claim_holder(const Program& program, const Reader& reader,
                                    const ClaimValue& value) {
    std::optional<RootRef> holder;
    const std::string prefix = keys::claim_prefix(value.first, value.second);
    const ClaimSpec& registry = program.claims[value.first];
    reader.scan(Family::claims, prefix, {}, [&](std::string_view entry, std::string_view root) {
        if (entry.size() == prefix.size()) return false;  // a row born on the target has it
        holder = root_of_entry(program, registry, root);
        return !holder;
    });
    return holder;
}

void register_claims(const Program& program, Overlay& overlay, const RootRef& root,
                     const std::vector<StoredClaim>& before, const std::vector<StoredClaim>& after,
                     std::set<ClaimValue>& touched) {
    const auto same = [](const StoredClaim& a, const StoredClaim& b) {
        return a.claim == b.claim && a.value == b.value && a.order == b.order;
    };
    const auto contains = [&](const std::vector<StoredClaim>& list, const StoredClaim& claim) {
        return std::any_of(list.begin(), list.end(),
                           [&](const StoredClaim& c) { return same(c, claim); });
    };
    for (const StoredClaim& claim : before) {
        if (contains(after, claim)) continue;
        const ClaimValue value = registered_as(program, claim);
        overlay.staged().erase(Family::claims,
                               keys::claim(value.first, value.second, claim.order, root.root));
        touched.insert(value);
    }
    for (const StoredClaim& claim : after) {
        if (contains(before, claim)) continue;
        put_claim(program, overlay.staged(), root, claim);
        touched.insert(registered_as(program, claim));
    }
}

void mark_foreign(Overlay& overlay, const ClaimValue& value) {
    overlay.staged().put(Family::claims, keys::claim_prefix(value.first, value.second), {});
}

bool unmark_foreign(Overlay& overlay, const ClaimValue& value) {
    const std::string key = keys::claim_prefix(value.first, value.second);
    if (!overlay.get(Family::claims, key)) return false;
    overlay.staged().erase(Family::claims, key);
    return true;
}

KeyBytes id_order(const EntityProgram& entity, char rank, bool adopted) {
    KeyBytes order{rank, adopted ? '\0' : '\x01'};
    append_key(order, entity.name);
    return order;
}

void each_wish(const Program& program, const Reader& reader, const ClaimValue& value,
               const std::function<bool(const RootRef&)>& each) {
    const std::string prefix = keys::claim_prefix(value.first, value.second);
    reader.scan(Family::claims, prefix, {}, [&](std::string_view entry, std::string_view root) {
        std::string_view name = entry.substr(prefix.size() + kBeforeName);
        const EntityIndex entity = program.find_entity(std::get<std::string>(take_key_value(name)));
        return entity == kNone || each({entity, KeyBytes{root}});
    });
}

std::optional<RootRef> id_owner(const Program& program, const Reader& reader,
                                const ClaimValue& value) {
    std::optional<RootRef> owner;
    each_wish(program, reader, value, [&](const RootRef& root) {
        owner = root;
        return false;
    });
    return owner;
}

std::optional<RootRef> root_of_row(const Program& program, const Reader& reader, EntityIndex entity,
                                   const Uuid& id) {
    const TargetSpec& table = program.entities[entity].target;
    for (EntityIndex other = 0; other < program.entities.size(); ++other) {
        const TargetSpec& target = program.entities[other].target;
        if (target.table != table.table || target.schema != table.schema) continue;
        if (auto root = reader.get(Family::targets, keys::row(id, other)))
            return RootRef{other, KeyBytes{std::move(*root)}};
    }
    return std::nullopt;
}

std::vector<StoredClaim> living_claims(const Program& program, EntityIndex entity,
                                       const Outcome& outcome) {
    std::vector<StoredClaim> claims;
    for (const ClaimWish& wish : outcome.wishes) {
        KeyBytes order = KeyBytes(1, kLiving) + wish.order;
        if (program.claims[wish.claim].registry != wish.claim)
            append_key(order, program.entities[entity].name);
        claims.push_back({wish.claim, wish.value, std::move(order), false});
    }
    return claims;
}

}  // namespace crossfade
