// The values stored in the state, with their encodings. Each begins with a format byte.
#pragma once

#include "model/identity.hpp"
#include "model/lsn.hpp"
#include "model/uuid.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

// Where a root counts. `gone` roots are kept only while a row of theirs stands (on_delete: keep, or
// still referred to).
enum class StoredState : std::uint8_t { gone, applied, filtered, parked, rejected };
std::string_view to_string(StoredState state);

struct StoredClaim {
    std::uint32_t claim = 0;
    KeyBytes value;
    KeyBytes order;
    bool held = false;  // the row on the target carries the value
    friend bool operator==(const StoredClaim&, const StoredClaim&) = default;
};

struct StoredParent {
    std::uint32_t parent = 0;  // ordinal in Variant::parents
    std::uint32_t column = 0;  // of TargetSpec::columns
    EntityIndex entity = 0;
    KeyBytes root;
    friend bool operator==(const StoredParent&, const StoredParent&) = default;
};

// The digest of an `until_changed` column as last written, for the guard of its next write. A
// deferred column has a second one, the fingerprint of its secret: its number is marked.
struct StoredDigest {
    static constexpr std::uint32_t kFingerprint = 0x80000000;
    std::uint32_t column = 0;
    std::string digest;
    friend bool operator==(const StoredDigest&, const StoredDigest&) = default;
};

struct DerivedRecord {
    Uuid id;
    StoredState state = StoredState::gone;
    bool present = false;       // a row of ours stands on the target
    bool leaving = false;       // it stands, but children must no longer count on it
    std::uint64_t members = 0;  // source rows that feed the root
    // The entity's counter "epoch" when the root was counted last; another one now: the counters
    // began anew since then, and do not have it.
    std::uint64_t epoch = 0;
    // The epoch of a record that an earlier state left (pipeline/map_file) and that nothing has
    // been derived for in this one.
    static constexpr std::uint64_t kEarlier = 0xFFFFFFFFFFFFFFFF;
    std::string reason;  // parked, rejected
    std::set<std::string> flags;
    std::string hash;  // of the row as last written, 16 bytes; empty: unknown
    std::vector<StoredClaim> claims;
    std::vector<StoredParent> parents;  // whose uuids stand in the row as written
    std::vector<StoredDigest> digests;
    friend bool operator==(const DerivedRecord&, const DerivedRecord&) = default;

    bool visible() const { return present && !leaving; }
    std::string encode() const;
    static DerivedRecord decode(std::string_view bytes);  // throws Failure(trust)
};

// One piece of queued work. Which fields count depends on the kind.
struct WorkItem {
    enum class Kind : std::uint8_t {
        expand,    // walk `node` backwards from `key`, from `cursor` on
        load,      // derive every root of `entity`, from `cursor` on
        root,      // derive one root again (leaving, retry)
        outcome,   // the outcome of root `key` of `entity` changed: derive its readers
        deferred,  // fill the deferred column `column` of root `key`
        again,     // derive every root of `entity` that has a record again, from `cursor` on
        reindex    // make the entries of index `node` anew, of each row from `cursor` on
    };
    Kind kind = Kind::root;
    std::uint32_t node = 0;
    EntityIndex entity = 0;
    std::uint32_t column = 0;
    KeyBytes key;
    KeyBytes cursor;
    std::uint64_t walked = 0;  // entries behind the cursor
    Lsn birth;
    std::uint64_t sequence = 0;
    std::string encode() const;
    static WorkItem decode(std::string_view key, std::string_view bytes);
};

struct QuarantineRecord {
    std::string reason;
    std::string sqlstate;
    std::string constraint;
    std::string message;  // no row values
    EndLsn lsn;
    std::vector<std::string> wanted;
    std::string encode() const;
    static QuarantineRecord decode(std::string_view bytes);
};

}  // namespace crossfade
