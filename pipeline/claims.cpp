#include "pipeline/claims.hpp"

#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr std::size_t kBeforeName = 2;  // in the order of an id's claim: rank, adopted or not
}

std::optional<KeyBytes> claim_holder(const Reader& reader, const ClaimValue& value) {
    std::optional<KeyBytes> holder;
    const std::string prefix = keys::claim_prefix(value.first, value.second);
    reader.scan(Family::claims, prefix, {}, [&](std::string_view entry, std::string_view root) {
        if (entry.size() > prefix.size()) holder = KeyBytes{root};
        return false;
    });
    return holder;
}

void register_claims(Overlay& overlay, const KeyBytes& root, const std::vector<StoredClaim>& before,
                     const std::vector<StoredClaim>& after, std::set<ClaimValue>& touched) {
    const auto same = [](const StoredClaim& a, const StoredClaim& b) {
        return a.claim == b.claim && a.value == b.value && a.order == b.order;
    };
    const auto contains = [&](const std::vector<StoredClaim>& list, const StoredClaim& claim) {
        return std::any_of(list.begin(), list.end(),
                           [&](const StoredClaim& c) { return same(c, claim); });
    };
    for (const StoredClaim& claim : before) {
        if (contains(after, claim)) continue;
        overlay.staged().erase(Family::claims,
                               keys::claim(claim.claim, claim.value, claim.order, root));
        touched.insert({claim.claim, claim.value});
    }
    for (const StoredClaim& claim : after) {
        if (contains(before, claim)) continue;
        overlay.staged().put(Family::claims,
                             keys::claim(claim.claim, claim.value, claim.order, root), root);
        touched.insert({claim.claim, claim.value});
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

std::vector<StoredClaim> living_claims(const Outcome& outcome) {
    std::vector<StoredClaim> claims;
    for (const ClaimWish& wish : outcome.wishes) {
        claims.push_back({wish.claim, wish.value, KeyBytes(1, kLiving) + wish.order, false});
    }
    return claims;
}

}  // namespace crossfade
