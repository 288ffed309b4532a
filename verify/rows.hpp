// Proof B: T(images, history) = target. The expected rows and the stored ones are merged by id, so
// each table is read once and both directions are seen: what is missing, what differs, and what
// should not be there.
//
// Of a row that stands by history (the last good row of a parked or refused root, a kept one) only
// its presence can be verified: what it was made of is gone. Such rows are counted apart.
#pragma once

#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "target/shape.hpp"
#include "transforms/program.hpp"
#include "verify/expected.hpp"
#include "verify/verification.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {

class RowComparison {
public:
    // Borrows all. `target` is in a transaction whose snapshot stands for the point of `state`.
    RowComparison(const Program& program, ExpectedRows& expected, const Reader& scratch,
                  const Reader& state, Connection& target, DifferenceLog& log);

    using OnRows = std::function<void(std::uint64_t rows)>;
    // `taken`: the id is that of a root of the entity that gives no row now.
    using OnBorn = std::function<void(EntityIndex entity, const Uuid& id, bool taken)>;
    void on_born(OnBorn on_born) { on_born_ = std::move(on_born); }
    void compare(EntityIndex entity, EntityVerification& counts, const OnRows& on_rows);

private:
    struct StoredRow {
        Uuid id;
        std::vector<std::optional<std::string>> columns;
    };
    // Behind an id, or from the first on.
    std::vector<StoredRow> read_page(const std::string& sql, const std::optional<Uuid>& after);
    void missing(const ExpectedRow& row);
    void unexpected(const StoredRow& row);
    void born(const Uuid& id);
    void both(const ExpectedRow& expected, const StoredRow& stored);
    void columns(const ExpectedRow& expected, const DerivedRecord& derived,
                 const DerivedRecord& record, const StoredRow& stored);
    std::string rewriters(std::uint32_t column) const;
    bool taken_over(const DerivedRecord& record, std::uint32_t column, const StoredRow& stored);
    void add(DifferenceKind kind, const KeyBytes& root, const Uuid& id, std::uint32_t column,
             std::optional<std::string> expected, std::optional<std::string> found);

    static constexpr std::uint32_t kWholeRow = 0xFFFFFFFF;

    const Program& program_;
    ExpectedRows& expected_;
    const Reader& scratch_;
    const Reader& state_;
    Connection& target_;
    DifferenceLog& log_;
    OnBorn on_born_ = [](EntityIndex, const Uuid&, bool) {};
    // Of the entity in hand:
    EntityIndex entity_ = 0;
    EntityVerification* counts_ = nullptr;
    // Deferred columns as if they were the target's: they are compared by fingerprint.
    TargetSpec spec_;
    TableShape shape_;
    std::vector<RowHook> hooks_;
};

}  // namespace crossfade
