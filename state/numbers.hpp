// The numbers by which a state knows the things of a mapping, and a store that speaks in a
// program's own numbers over one that is kept in those.
//
// A program numbers its relations, indexes, nodes, entities, claims and columns as it meets them; a
// mapping that gains, loses or moves one gives all behind it another number. What is stored keeps
// the number that the thing got when the state first met it (service/state_shape hands them out, by
// name), and is translated on its way in and out:
//
//   program now        stored as       keys::root(0, "x") of the program
//   0 people           1               is 00000001 x in the store
//   1 teams            0               (teams came first when the state was made)
//
// As long as the two are the same, which they are until the mapping changes, nothing is translated.
#pragma once

#include "state/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {

// The numbers of one kind of things.
class NumberMap {
public:
    NumberMap() = default;
    // By ordinal of the program: the number in the state. Each number stands once.
    explicit NumberMap(std::vector<std::uint32_t> numbers);
    std::size_t size() const { return numbers_.size(); }
    std::uint32_t number(
        std::uint32_t ordinal) const;  // one that the program does not have: itself
    // Nothing: the program has no such thing any more.
    std::optional<std::uint32_t> ordinal(std::uint32_t number) const;
    bool is_identity() const { return identity_; }

private:
    std::vector<std::uint32_t> numbers_;
    std::vector<std::uint32_t> ordinals_;  // by number
    bool identity_ = true;
};

struct StateNumbers {
    NumberMap relations;
    NumberMap indexes;
    NumberMap nodes;
    NumberMap entities;
    NumberMap claims;
    std::vector<NumberMap> columns;         // of a relation's rows, by its ordinal
    std::vector<NumberMap> target_columns;  // by the entity's ordinal
    std::vector<NumberMap> parents;         // by the entity's ordinal
    // By index: the relation whose rows its entries may carry (kNoRelation: over roots).
    std::vector<std::uint32_t> relation_of_index;
    static constexpr std::uint32_t kNoRelation = 0xFFFFFFFF;
    bool is_identity() const;
};

// A store in the program's numbers over `base`, which has the state's. Borrows `base`. What belongs
// to things that the program does not have any more is not seen. Scans are in byte order, as of any
// Reader.
class NumberedStore : public Store {
public:
    NumberedStore(Store& base, StateNumbers numbers);
    ~NumberedStore() override;
    NumberedStore(const NumberedStore&) = delete;
    NumberedStore& operator=(const NumberedStore&) = delete;

    std::optional<std::string> get(Family family, std::string_view key) const override;
    void scan(Family family, std::string_view prefix, std::string_view from,
              const Each& each) const override;
    void write(const WriteSet& set, bool sync) override;

    // A key, or the beginning of one, as it is stored.
    std::string stored_key(Family family, std::string_view key) const;

private:
    class Translation;
    void scan_by_number(Family family, std::string_view from, const Each& each) const;
    void scan_sorted(Family family, std::string_view prefix, std::string_view from,
                     const Each& each) const;

    Store& base_;
    std::unique_ptr<const Translation> translation_;
};

}  // namespace crossfade
