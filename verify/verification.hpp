// What a verification finds: differences, the accounting of each entity, and what a repair must
// derive again.
#pragma once

#include "model/identity.hpp"
#include "model/lsn.hpp"
#include "model/relation.hpp"
#include "model/uuid.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

enum class DifferenceKind : std::uint8_t {
    missing,    // a row that should stand on the target does not
    extra,      // a row of the bridge stands there and should not
    different,  // a column of a row is not what the source gives
    image,      // the state's image of a source row is not the source's row
    state,      // a root counts in another state than the one it derives to
    account,    // counts that should be equal are not
    id_taken,   // a row that is not the bridge's has the id of a root that gives none now
    orphan      // a row of the target refers to one that is not there
};
inline constexpr std::size_t kDifferenceKinds = 8;
std::string_view to_string(DifferenceKind kind);
// What no repair from here can mend: somebody must look.
bool needs_people(DifferenceKind kind);

struct Difference {
    DifferenceKind kind = DifferenceKind::different;
    std::string entity;      // for images the relation, "schema.name"
    std::string key;         // display_key of the root or of the source row; empty for accounts
    std::optional<Uuid> id;  // of the target row
    std::string column;      // empty: the whole row; of an orphan the columns of its key
    // Of an id that is taken the state of its root, and nothing. Else nullopt: NULL, or nothing
    // where a row is missing or extra.
    std::optional<std::string> expected;
    std::optional<std::string> found;
    bool secret = false;  // the values are withheld
    // "trigger NAME" of the triggers that may have rewritten the column; empty: none of the table.
    std::string rewriter = {};
};

struct EntityVerification {
    std::string name;
    std::int64_t source = 0, applied = 0, merged = 0, filtered = 0, parked = 0, rejected = 0,
                 pending = 0;
    std::uint64_t compared = 0;  // rows compared column by column
    // Rows that stand by declared history: only their presence is verified.
    std::uint64_t standing = 0;
    std::uint64_t born = 0;  // rows of the table that are not the bridge's
    // Values of until_changed and deferred columns that somebody else changed.
    std::uint64_t taken_over = 0;
    std::uint64_t differences = 0;
};

struct RelationVerification {
    std::string name;
    std::uint64_t rows = 0;    // in the source's snapshot
    std::uint64_t images = 0;  // in the state
    std::uint64_t differences = 0;
};

// A source row whose image is wrong. A repair reads it from the source again.
struct ImageRef {
    RelationIndex relation = 0;
    KeyBytes key;
    friend auto operator<=>(const ImageRef&, const ImageRef&) = default;
};

// A row of an entity's table that is not the bridge's. Where entities share a table, of the first.
struct BornRow {
    EntityIndex entity = 0;
    std::string name;  // of the entity
    Uuid id;
    // Its id is of the kind that the bridge computes (UUID version 5), and no root has or gives it:
    // an earlier load may have written the row, whose map is lost.
    bool unknown = false;
};

struct Verification {
    EndLsn point;             // source and target were compared as of here
    std::uint64_t batch = 0;  // the target's batch that stands for this point
    std::vector<EntityVerification> entities;
    std::vector<RelationVerification> relations;
    std::uint64_t differences = 0;  // all of them, also those not kept
    std::array<std::uint64_t, kDifferenceKinds> by_kind{};
    std::vector<Difference> kept;  // the first ones, up to the limit
    std::vector<BornRow> born;     // if they were asked for
    std::vector<RootRef> repairs;  // roots to derive and write again, each once, up to the limit
    std::vector<ImageRef> images;  // source rows to read again, likewise
    std::uint64_t deferred = 0;    // fills of deferred columns still queued: no difference
    std::chrono::milliseconds held{0};  // how long applying was held
    std::chrono::milliseconds elapsed{0};

    bool is_clean() const { return differences == 0; }
    std::uint64_t count(DifferenceKind kind) const {
        return by_kind[static_cast<std::size_t>(kind)];
    }
};

// Takes differences in as they are found: counts all, keeps the first ones.
class DifferenceLog {
public:
    // Borrows the verification, whose counts and lists it fills.
    DifferenceLog(Verification& verification, std::size_t differences_max, std::size_t repairs_max)
        : verification_{verification},
          differences_max_{differences_max},
          repairs_max_{repairs_max} {}

    void add(Difference difference);
    void repair(const RootRef& root);
    void repair(const ImageRef& image);

private:
    Verification& verification_;
    std::size_t differences_max_;
    std::size_t repairs_max_;
    std::set<RootRef> roots_;
    std::set<ImageRef> images_;
};

}  // namespace crossfade
