// An ordered key-value store with named families and atomic, optionally synced, write sets: what
// the typed state stands on. RocksStore is the real one; MemoryStore serves tests that need no
// disk.
#pragma once

#include "model/error.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace crossfade {

enum class Family : std::uint8_t {
    images,
    edges,
    members,
    claims,
    derived,
    targets,
    work,
    quarantine,
    meta,
    intents
};
inline constexpr std::size_t kFamilies = 10;
std::string_view to_string(Family family);

// Reads. scan visits, in byte order, every key that starts with `prefix` and is >= `from` (if
// `from` is not empty), until `each` returns false. Throws Failure(unavailable) on I/O errors,
// Failure(trust) on corruption.
class Reader {
public:
    virtual ~Reader() = default;
    virtual std::optional<std::string> get(Family family, std::string_view key) const = 0;
    using Each = std::function<bool(std::string_view key, std::string_view value)>;
    virtual void scan(Family family, std::string_view prefix, std::string_view from,
                      const Each& each) const = 0;
};

// Puts and removals, applied in one piece. A later entry for a key replaces an earlier one, and a
// removal of a prefix drops the entries below it: what a set says is the prefixes first, then the
// entries.
class WriteSet {
public:
    using Entries = std::map<std::string, std::optional<std::string>, std::less<>>;
    using Prefixes = std::set<std::string, std::less<>>;
    void put(Family family, std::string key, std::string value) {
        set(family, std::move(key), std::move(value));
    }
    void erase(Family family, std::string key) { set(family, std::move(key), std::nullopt); }
    // Removes every key that starts with `prefix`, here and in what the set is applied to, at a
    // cost that does not depend on how many there are. Not while a scan of an Overlay of this set
    // goes over the family.
    void erase_prefix(Family family, std::string prefix);
    // Everything `later` says comes after what this set says.
    void append(const WriteSet& later);
    const Entries& entries(Family family) const {
        return entries_[static_cast<std::size_t>(family)];
    }
    // Removed before the entries are put; none is the beginning of another.
    const Prefixes& erased_prefixes(Family family) const {
        return erased_[static_cast<std::size_t>(family)];
    }
    // Whether a removed prefix is the beginning of `key`, so that nothing below the set shows
    // there.
    bool hides(Family family, std::string_view key) const;
    bool empty() const;
    std::size_t bytes() const { return bytes_; }  // keys, values and prefixes
    void clear();
    // Behind `head`, which deserialize() does not expect.
    std::string serialize(std::string_view head = {}) const;
    static WriteSet deserialize(
        std::string_view bytes);  // throws Failure(trust) on a bad checksum or shape

private:
    void set(Family family, std::string key, std::optional<std::string> value);

    std::array<Entries, kFamilies> entries_;
    std::array<Prefixes, kFamilies> erased_;
    std::size_t bytes_ = 0;
};

class Store : public Reader {
public:
    virtual void write(const WriteSet& set, bool sync) = 0;
};

// A Reader that sees `base` with `staged` laid over it.
class Overlay : public Reader {
public:
    explicit Overlay(const Reader& base) : base_{base} {}
    Overlay(const Overlay&) = delete;  // an overlay over an overlay is not a copy of it
    Overlay& operator=(const Overlay&) = delete;
    std::optional<std::string> get(Family family, std::string_view key) const override;
    void scan(Family family, std::string_view prefix, std::string_view from,
              const Each& each) const override;
    WriteSet& staged() { return staged_; }
    const WriteSet& staged() const { return staged_; }

private:
    const Reader& base_;
    WriteSet staged_;
};

}  // namespace crossfade
