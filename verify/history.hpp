// Declared history: what T needs besides the source. It is read from the state of the bridge, and
// put into the scratch state before and while everything is derived anew.
//
//   what                                                    when
//   adopted ids; values held by rows born on the target     before anything is derived
//   rows that stand although their root does not give       when all other roots of their entity
//   them now (parked, rejected, filtered but referred to,   are derived, so that the scratch state
//   kept)                                                   knows their parents
//   what the target refused; why it kept a row              when the row is written or deleted
//                                                           again; else at the end of its entity
#pragma once

#include "model/identity.hpp"
#include "state/records.hpp"
#include "state/store.hpp"
#include "target/batch.hpp"
#include "transforms/program.hpp"

#include <optional>
#include <vector>

namespace crossfade {

class History {
public:
    // Borrows all. `state` is the bridge's, with no open work.
    History(const Program& program, const Reader& state, Store& scratch)
        : program_{program}, state_{state}, scratch_{scratch} {}

    void copy_declared();

    // Puts the standing rows of the entity into the scratch state. Gives back these roots, and as
    // work what must be derived again because of them: they themselves, the roots that read them,
    // and the holders of what they claim.
    struct Seeded {
        std::vector<RootRef> standing;
        std::vector<WorkItem> work;
    };
    Seeded seed(EntityIndex entity);

    // Roots of the entity that the target refused and that are not rejected here.
    std::vector<Refusal> outstanding_refusals(EntityIndex entity) const;

    // What the target answered to a write of this root, if it refused it.
    std::optional<Refusal> refusal(const RootRef& root) const;
    // Whether the row of a root that the target refused stands there still.
    bool stands(const RootRef& root) const;
    // Why the target kept a row that was to be deleted: "referred", "changed" or nothing.
    std::string kept(const RootRef& root) const;

private:
    void seed_root(const RootRef& root, const DerivedRecord& record, Seeded& seeded);

    const Program& program_;
    const Reader& state_;
    Store& scratch_;
};

std::optional<DerivedRecord> read_record(const Reader& reader, const RootRef& root);

}  // namespace crossfade
