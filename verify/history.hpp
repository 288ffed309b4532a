// Declared history: what T needs besides the source. Taken from the state of the bridge, laid into
// the scratch state before and while everything is derived anew.
//
//   adopted ids, values held by rows born on the target: before anything is derived
//   rows that stand although their root does not give them now (parked, rejected, filtered but
//     referred to, kept): when all other roots of their entity are derived, so that their parents
//     are known to the scratch state
//   what the target refused, why it kept a row: when the row is written or deleted again; for roots
//     of which nothing is written any more, at the end of their entity
#pragma once

#include "model/identity.hpp"
#include "state/records.hpp"
#include "state/store.hpp"
#include "target/batch.hpp"

#include <optional>
#include <vector>

namespace crossfade {

class History {
public:
    // Borrows both. `state` is the bridge's, with no open work.
    History(const Reader& state, Store& scratch) : state_{state}, scratch_{scratch} {}

    void copy_declared();

    // Plants the standing rows of the entity: they, the roots that read them and the holders of
    // what they claim are to be derived again. Returns these as work, and the standing roots
    // themselves.
    struct Planted {
        std::vector<RootRef> standing;
        std::vector<WorkItem> work;
    };
    Planted plant(EntityIndex entity);

    // Roots of the entity that the target refused and that are not rejected here.
    std::vector<Refusal> outstanding_refusals(EntityIndex entity) const;

    // What the target answered to a write of this root, if it refused it.
    std::optional<Refusal> refusal(const RootRef& root) const;
    // Why the target kept a row that was to be deleted: "referred", "changed" or nothing.
    std::string kept(const RootRef& root) const;

private:
    void plant_root(const RootRef& root, const DerivedRecord& record, Planted& planted);

    const Reader& state_;
    Store& scratch_;
};

std::optional<DerivedRecord> read_record(const Reader& reader, const RootRef& root);

}  // namespace crossfade
