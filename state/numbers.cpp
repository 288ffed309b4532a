#include "state/numbers.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"
#include "state/records.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr std::uint32_t kNoOrdinal = 0xFFFFFFFF;

bool all_identity(const std::vector<NumberMap>& maps) {
    return std::ranges::all_of(maps, &NumberMap::is_identity);
}
}  // namespace

NumberMap::NumberMap(std::vector<std::uint32_t> numbers) : numbers_{std::move(numbers)} {
    for (std::uint32_t ordinal = 0; ordinal < numbers_.size(); ++ordinal) {
        const std::uint32_t number = numbers_[ordinal];
        identity_ = identity_ && number == ordinal;
        if (ordinals_.size() <= number) ordinals_.resize(number + 1, kNoOrdinal);
        ordinals_[number] = ordinal;
    }
}

std::uint32_t NumberMap::number(std::uint32_t ordinal) const {
    return ordinal < numbers_.size() ? numbers_[ordinal] : ordinal;
}

std::optional<std::uint32_t> NumberMap::ordinal(std::uint32_t number) const {
    if (number >= ordinals_.size() || ordinals_[number] == kNoOrdinal) return std::nullopt;
    return ordinals_[number];
}

bool StateNumbers::is_identity() const {
    return relations.is_identity() && indexes.is_identity() && nodes.is_identity() &&
           entities.is_identity() && claims.is_identity() && all_identity(columns) &&
           all_identity(target_columns) && all_identity(parents);
}

// Both ways between what the program says and what is stored. Nothing where a number has no
// ordinal: the thing is gone.
class NumberedStore::Translation {
public:
    enum class To { store, program };

    explicit Translation(StateNumbers numbers) : numbers_{std::move(numbers)} {}

    const StateNumbers& numbers() const { return numbers_; }

    // The kind that the keys of a family begin with, if they begin with a number.
    const NumberMap* leading(Family family) const {
        switch (family) {
            case Family::images: return &numbers_.relations;
            case Family::edges:
            case Family::members: return &numbers_.indexes;
            case Family::claims: return &numbers_.claims;
            case Family::derived:
            case Family::quarantine: return &numbers_.entities;
            case Family::targets:
            case Family::work:
            case Family::meta:
            case Family::intents: break;
        }
        return nullptr;
    }

    // A key, or the beginning of one.
    std::optional<std::string> key(Family family, std::string_view key, To to) const {
        if (family == Family::edges && keys::is_stale(key)) return stale(key, to);
        if (const NumberMap* map = leading(family)) return renumbered(*map, key, 0, to);
        if (family == Family::targets)
            return renumbered(numbers_.entities, key, Uuid{}.bytes.size(), to);
        if (family != Family::meta) return std::string{key};
        const auto place = keys::place_of_entity(key);
        if (!place) return std::string{key};
        return renumbered(numbers_.entities, key, *place, to);
    }

    // `key` in the program's numbers.
    std::optional<std::string> value(Family family, std::string_view key, std::string_view value,
                                     To to) const {
        switch (family) {
            case Family::images: return row(keys::number_of(key), value, to);
            case Family::edges: return covered(key, value, to);
            case Family::derived: return derived(keys::number_of(key), value, to);
            case Family::work: return work(key, value, to);
            case Family::meta: return adopted(key, value, to);
            case Family::intents: return intent(value, to);
            case Family::members:
            case Family::claims:
            case Family::targets:
            case Family::quarantine: break;
        }
        return std::string{value};
    }

    WriteSet set(const WriteSet& from, To to) const {
        WriteSet result;
        for (std::size_t f = 0; f < kFamilies; ++f) {
            const auto family = static_cast<Family>(f);
            for (const std::string& prefix : from.erased_prefixes(family)) {
                if (auto other = key(family, prefix, to))
                    result.erase_prefix(family, std::move(*other));
            }
            for (const auto& [name, bytes] : from.entries(family))
                add(result, family, name, bytes, to);
        }
        return result;
    }

private:
    static std::optional<std::uint32_t> one(const NumberMap& map, std::uint32_t value, To to) {
        if (to == To::store) return map.number(value);
        return map.ordinal(value);
    }

    static std::optional<std::string> renumbered(const NumberMap& map, std::string_view key,
                                                 std::size_t place, To to) {
        if (key.size() < place + keys::kNumberBytes) return std::string{key};
        const auto value = one(map, keys::number_of(key.substr(place)), to);
        if (!value) return std::nullopt;
        return keys::with_number(key, place, *value);
    }

    std::optional<std::string> stale(std::string_view key, To to) const {
        std::optional<std::string> result{key};
        for (const std::size_t place : keys::places_of_stale(key)) {
            result = renumbered(numbers_.entities, *result, place, to);
            if (!result) break;
        }
        return result;
    }

    void add(WriteSet& set, Family family, const std::string& name,
             const std::optional<std::string>& bytes, To to) const {
        auto other = key(family, name, to);
        if (!other) return;
        if (!bytes) return set.erase(family, std::move(*other));
        auto translated = value(family, to == To::store ? name : *other, *bytes, to);
        if (translated) set.put(family, std::move(*other), std::move(*translated));
    }

    std::string row(std::uint32_t relation, std::string_view bytes, To to) const {
        if (relation >= numbers_.columns.size() || numbers_.columns[relation].is_identity())
            return std::string{bytes};
        const NumberMap& columns = numbers_.columns[relation];
        const Row from = decode_row(bytes);
        Row result;
        for (std::uint32_t i = 0; i < columns.size(); ++i) {
            const std::uint32_t number = columns.number(i);
            const std::size_t place = to == To::store ? number : i;
            const std::size_t source = to == To::store ? i : number;
            if (result.size() <= place) result.resize(place + 1, Value{Null{}});
            if (source < from.size()) result[place] = from[source];
        }
        return encode_row(result);
    }

    std::string covered(std::string_view key, std::string_view bytes, To to) const {
        const bool has_row = !bytes.empty() && !keys::is_stale(key);
        const std::uint32_t index = has_row ? keys::number_of(key) : 0;
        if (!has_row || index >= numbers_.relation_of_index.size()) return std::string{bytes};
        return row(numbers_.relation_of_index[index], bytes, to);
    }

    const NumberMap* columns_of(std::uint32_t entity) const {
        return entity < numbers_.target_columns.size() ? &numbers_.target_columns[entity] : nullptr;
    }

    // What belongs to a column that is gone is left out.
    std::string derived(std::uint32_t entity, std::string_view bytes, To to) const {
        DerivedRecord record = DerivedRecord::decode(bytes);
        std::erase_if(record.claims, [&](StoredClaim& claim) {
            return !assign(claim.claim, numbers_.claims, to);
        });
        std::ranges::stable_sort(record.claims, {}, &StoredClaim::claim);
        const NumberMap* columns = columns_of(entity);
        if (columns == nullptr) return record.encode();
        std::erase_if(record.parents, [&](StoredParent& parent) {
            return !assign(parent.entity, numbers_.entities, to) ||
                   !assign(parent.column, *columns, to) ||
                   !assign(parent.parent, numbers_.parents[entity], to);
        });
        std::ranges::stable_sort(record.parents, {}, &StoredParent::parent);
        std::erase_if(record.digests, [&](StoredDigest& digest) {
            const std::uint32_t mark = digest.column & StoredDigest::kFingerprint;
            digest.column &= ~StoredDigest::kFingerprint;
            const bool known = assign(digest.column, *columns, to);
            digest.column |= mark;
            return !known;
        });
        return record.encode();
    }

    static bool assign(std::uint32_t& value, const NumberMap& map, To to) {
        const auto other = one(map, value, to);
        if (other) value = *other;
        return other.has_value();
    }

    // Cursors stay as they are: whoever changes the numbers begins such work anew.
    std::optional<std::string> work(std::string_view key, std::string_view bytes, To to) const {
        WorkItem item = WorkItem::decode(key, bytes);
        const std::uint32_t entity = item.entity;
        bool known = true;
        switch (item.kind) {
            case WorkItem::Kind::expand: known = assign(item.node, numbers_.nodes, to); break;
            case WorkItem::Kind::reindex: known = assign(item.node, numbers_.indexes, to); break;
            case WorkItem::Kind::deferred:
            case WorkItem::Kind::load:
            case WorkItem::Kind::root:
            case WorkItem::Kind::outcome:
            case WorkItem::Kind::again: known = assign(item.entity, numbers_.entities, to); break;
        }
        if (known && item.kind == WorkItem::Kind::deferred) {
            const NumberMap* columns = columns_of(to == To::store ? entity : item.entity);
            known = columns == nullptr || assign(item.column, *columns, to);
        }
        if (!known) return std::nullopt;
        return item.encode();
    }

    // Of the entries of meta only this one has numbers in its value: the columns behind the id.
    std::string adopted(std::string_view key, std::string_view bytes, To to) const {
        if (!key.starts_with(keys::kAdopted) || bytes.size() < Uuid{}.bytes.size())
            return std::string{bytes};
        const NumberMap* columns = columns_of(keys::number_of(key.substr(keys::kAdopted.size())));
        if (columns == nullptr) return std::string{bytes};
        std::string result{bytes.substr(0, Uuid{}.bytes.size())};
        std::string_view rest = bytes.substr(result.size());
        while (!rest.empty()) {
            auto column = static_cast<std::uint32_t>(take_varint(rest));
            if (assign(column, *columns, to)) append_varint(result, column);
        }
        return result;
    }

    // The number of the batch, then a set of writes.
    std::string intent(std::string_view bytes, To to) const {
        std::string result;
        append_varint(result, take_varint(bytes));
        return result + set(WriteSet::deserialize(bytes), to).serialize();
    }

    StateNumbers numbers_;
};

NumberedStore::NumberedStore(Store& base, StateNumbers numbers)
    : base_{base}, translation_{std::make_unique<const Translation>(std::move(numbers))} {}
NumberedStore::~NumberedStore() = default;

std::string NumberedStore::stored_key(Family family, std::string_view key) const {
    return *translation_->key(family, key, Translation::To::store);
}

std::optional<std::string> NumberedStore::get(Family family, std::string_view key) const {
    const auto bytes = base_.get(family, stored_key(family, key));
    if (!bytes) return std::nullopt;
    return translation_->value(family, key, *bytes, Translation::To::program);
}

void NumberedStore::scan(Family family, std::string_view prefix, std::string_view from,
                         const Each& each) const {
    const bool stale = family == Family::edges && keys::is_stale(prefix);
    if (stale || family == Family::meta || family == Family::targets)
        return scan_sorted(family, prefix, from, each);
    const bool whole =
        translation_->leading(family) != nullptr && prefix.size() < keys::kNumberBytes;
    if (whole) {
        return scan_by_number(family, from > prefix ? from : prefix,
                              [&](std::string_view key, std::string_view value) {
                                  return !key.starts_with(prefix) || each(key, value);
                              });
    }
    if (!from.empty() && from > prefix && !from.starts_with(prefix)) return;
    base_.scan(
        family, stored_key(family, prefix), from.empty() ? std::string{} : stored_key(family, from),
        [&](std::string_view stored, std::string_view bytes) {
            const auto key = translation_->key(family, stored, Translation::To::program);
            if (!key) return true;
            const auto value = translation_->value(family, *key, bytes, Translation::To::program);
            return !value || each(*key, *value);
        });
}

// All of a family whose keys begin with a number: one thing after the other, as the program counts.
void NumberedStore::scan_by_number(Family family, std::string_view from, const Each& each) const {
    bool going = true;
    const auto visit = [&](std::string_view key, std::string_view value) {
        going = each(key, value);
        return going;
    };
    const std::size_t count = translation_->leading(family)->size();
    for (std::uint32_t ordinal = 0; going && ordinal < count; ++ordinal) {
        const std::string prefix = keys::image_prefix(ordinal);
        if (from.substr(0, prefix.size()) <= prefix) {
            scan(family, prefix, from > prefix ? from : std::string_view{}, visit);
        }
    }
    if (going && family == Family::edges) scan_sorted(family, keys::all_stale(), from, visit);
}

// Where numbers stand inside of the keys, the order of the store is not the program's.
void NumberedStore::scan_sorted(Family family, std::string_view prefix, std::string_view from,
                                const Each& each) const {
    std::map<std::string, std::string> found;
    base_.scan(family, stored_key(family, prefix), {},
               [&](std::string_view stored, std::string_view bytes) {
                   auto key = translation_->key(family, stored, Translation::To::program);
                   if (!key || *key < from) return true;
                   auto value = translation_->value(family, *key, bytes, Translation::To::program);
                   if (value) found.emplace(std::move(*key), std::move(*value));
                   return true;
               });
    for (const auto& [key, value] : found) {
        if (!each(key, value)) return;
    }
}

void NumberedStore::write(const WriteSet& set, bool sync) {
    base_.write(translation_->set(set, Translation::To::store), sync);
}

}  // namespace crossfade
