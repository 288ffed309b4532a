#include "verify/history.hpp"

#include "pipeline/claims.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {

constexpr std::size_t kWriteBytes = std::size_t{4} << 20;

WorkItem root_work(const RootRef& root) {
    WorkItem item;
    item.kind = WorkItem::Kind::root;
    item.entity = root.entity;
    item.key = root.root;
    return item;
}

}  // namespace

std::optional<DerivedRecord> read_record(const Reader& reader, const RootRef& root) {
    const auto bytes = reader.get(Family::derived, keys::root(root.entity, root.root));
    if (!bytes) return std::nullopt;
    return DerivedRecord::decode(*bytes);
}

void History::copy_declared() {
    WriteSet set;
    const auto put = [&](Family family, std::string_view key, std::string_view value) {
        set.put(family, std::string{key}, std::string{value});
        if (set.bytes() < kWriteBytes) return;
        scratch_.write(set, false);
        set.clear();
    };
    state_.scan(Family::meta, keys::kAdopted, {},
                [&](std::string_view key, std::string_view value) {
                    put(Family::meta, key, value);
                    return true;
                });
    // A claim's entry without a root marks a value that a row born on the target holds
    // (pipeline/claims).
    state_.scan(Family::claims, {}, {}, [&](std::string_view key, std::string_view root) {
        if (root.empty()) put(Family::claims, key, root);
        return true;
    });
    scratch_.write(set, false);
}

History::Seeded History::seed(EntityIndex entity) {
    Seeded seeded;
    const std::string prefix = keys::entity_prefix(entity);
    state_.scan(Family::derived, prefix, {}, [&](std::string_view key, std::string_view bytes) {
        const DerivedRecord record = DerivedRecord::decode(bytes);
        if (record.present && record.state != StoredState::applied) {
            seed_root({entity, KeyBytes{key.substr(prefix.size())}}, record, seeded);
        }
        return true;
    });
    return seeded;
}

void History::seed_root(const RootRef& root, const DerivedRecord& record, Seeded& seeded) {
    DerivedRecord here = read_record(scratch_, root).value_or(DerivedRecord{});
    // The root gives its row from the source after all, so its row needs no history.
    if (here.present) return;
    here.id = record.id;
    here.present = true;
    here.leaving = record.leaving;
    here.flags = record.flags;
    here.parents = record.parents;
    here.digests = record.digests;
    WriteSet set;
    for (const StoredClaim& claim : record.claims) {
        const auto known = std::find_if(here.claims.begin(), here.claims.end(), [&](const auto& c) {
            return c.claim == claim.claim && c.value == claim.value && c.order == claim.order;
        });
        if (known != here.claims.end()) {
            known->held = known->held || claim.held;
            continue;
        }
        // The root that held the value until now must be derived again.
        const ClaimValue value = registered_as(program_, claim);
        if (program_.claims[claim.claim].of_id) {
            if (const auto owner = id_owner(program_, scratch_, value))
                seeded.work.push_back(root_work(*owner));
        } else if (const auto holder = claim_holder(program_, scratch_, value)) {
            seeded.work.push_back(root_work(*holder));
        }
        put_claim(program_, set, root, claim);
        here.claims.push_back(claim);
    }
    for (const StoredParent& parent : here.parents) {
        set.put(Family::edges, keys::stale(parent.entity, parent.root, root.entity, root.root), {});
    }
    set.put(Family::derived, keys::root(root.entity, root.root), here.encode());
    set.put(Family::targets, keys::row(here.id, root.entity), root.root);
    scratch_.write(set, false);
    seeded.standing.push_back(root);
    WorkItem readers;
    readers.kind = WorkItem::Kind::outcome;
    readers.entity = root.entity;
    readers.key = root.root;
    seeded.work.push_back(std::move(readers));
    seeded.work.push_back(root_work(root));
}

std::vector<Refusal> History::outstanding_refusals(EntityIndex entity) const {
    std::vector<Refusal> refusals;
    const std::string prefix = keys::entity_prefix(entity);
    state_.scan(Family::quarantine, prefix, {}, [&](std::string_view key, std::string_view) {
        const RootRef root{entity, KeyBytes{key.substr(prefix.size())}};
        auto refused = refusal(root);
        if (!refused) return true;
        const auto here = read_record(scratch_, root);
        if (here && here->state != StoredState::rejected) refusals.push_back(std::move(*refused));
        return true;
    });
    return refusals;
}

std::optional<Refusal> History::refusal(const RootRef& root) const {
    const auto bytes = state_.get(Family::quarantine, keys::root(root.entity, root.root));
    if (!bytes) return std::nullopt;
    const QuarantineRecord record = QuarantineRecord::decode(*bytes);
    if (record.sqlstate.empty()) return std::nullopt;
    return Refusal{root, record.sqlstate, record.constraint, {}, record.message};
}

bool History::stands(const RootRef& root) const {
    const auto record = read_record(state_, root);
    return record && record->present && refusal(root);
}

std::string History::kept(const RootRef& root) const {
    const auto record = read_record(state_, root);
    if (!record || !record->present) return {};
    for (const char* flag : {"referred", "changed"}) {
        if (record->flags.contains(flag)) return flag;
    }
    return {};
}

}  // namespace crossfade
