#include "pipeline/claims.hpp"

#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

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

std::vector<StoredClaim> living_claims(const Outcome& outcome) {
    std::vector<StoredClaim> claims;
    for (const ClaimWish& wish : outcome.wishes) {
        claims.push_back({wish.claim, wish.value, KeyBytes(1, kLiving) + wish.order, false});
    }
    return claims;
}

}  // namespace crossfade
