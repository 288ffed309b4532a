// The next roots of a load, derived by several threads while the chunk before them is written.
//
// A root of a load reads images, indexes and outcomes of entities that are loaded already, none of
// which change while its own entity is: so it may be derived before its batch, and in any order.
// Entities whose roots read each other's outcomes are the exception; theirs are derived by the
// batch.
#pragma once

#include "state/records.hpp"
#include "state/store.hpp"
#include "transforms/derivation.hpp"

#include <future>
#include <map>
#include <optional>
#include <vector>

namespace crossfade {

struct LoadChunk {
    std::vector<KeyBytes> roots;   // ascending, each once
    std::optional<WorkItem> rest;  // what is left of the item; nothing: the entity is done
    std::map<KeyBytes, Outcome> outcomes;
};

// The first `roots_max` roots of a `load` item from its cursor on. Those that an earlier index of
// the same group has given are left out: they are derived.
LoadChunk next_load_chunk(const Program& program, const Reader& reader, const WorkItem& item,
                          std::size_t roots_max);

// Derives the chunk's roots on `threads` threads (the caller's among them), unless they may read
// each other.
void derive_chunk(const Program& program, const Reader& reader, EntityIndex entity,
                  unsigned threads, LoadChunk& chunk);

class LoadAhead {
public:
    // Borrows both; the reader must bear several threads.
    LoadAhead(const Program& program, const Reader& reader, std::size_t roots_max, unsigned threads)
        : program_{program}, reader_{reader}, roots_max_{roots_max}, threads_{threads} {}
    ~LoadAhead() { forget(); }
    LoadAhead(const LoadAhead&) = delete;
    LoadAhead& operator=(const LoadAhead&) = delete;

    // The chunk that begins with `item`: what was begun, else made now. Throws as Reader does.
    LoadChunk take(const WorkItem& item);
    // Begins a chunk in the background. Nothing of what it reads may be written until it is taken
    // or forgotten, but for records of the item's own entity.
    void begin(const WorkItem& item);
    void forget();

private:
    LoadChunk make(const WorkItem& item) const;

    const Program& program_;
    const Reader& reader_;
    std::size_t roots_max_;
    unsigned threads_;
    std::string begun_;  // the item, encoded
    std::future<LoadChunk> chunk_;
};

}  // namespace crossfade
