#include "state/keys.hpp"

namespace crossfade::keys {

namespace {
// No index has this number: stale references of rows that stand although their root does not give
// them now.
constexpr std::uint32_t kStale = 0xFFFFFFFE;

[[noreturn]] void cut_short() {
    throw Failure{Error{ErrorKind::trust, "a key of the state is cut short"}.with_hint(
        "the state directory is damaged or was written by another version; load again")};
}
void append_number(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>((value >> shift) & 0xFF);
}

void append_long(std::string& out, std::uint64_t value) {
    append_number(out, static_cast<std::uint32_t>(value >> 32));
    append_number(out, static_cast<std::uint32_t>(value));
}

std::uint32_t take_number(std::string_view& in) {
    if (in.size() < 4) cut_short();
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i)
        value = (value << 8) | static_cast<std::uint8_t>(in[static_cast<std::size_t>(i)]);
    in.remove_prefix(4);
    return value;
}

std::uint64_t take_long(std::string_view& in) {
    const std::uint64_t high = take_number(in);
    return (high << 32) | take_number(in);
}
}  // namespace

std::uint32_t number_of(std::string_view key) { return take_number(key); }

std::string_view after_number(std::string_view key) {
    take_number(key);
    return key;
}

std::string behind(std::string_view key) { return std::string{key} + '\0'; }

std::string with_number(std::string_view key, std::size_t place, std::uint32_t number) {
    std::string result{key.substr(0, place)};
    append_number(result, number);
    return result.append(key.substr(place + kNumberBytes));
}

bool is_stale(std::string_view key) {
    return key.size() >= kNumberBytes && take_number(key) == kStale;
}

std::string all_stale() {
    std::string key;
    append_number(key, kStale);
    return key;
}

std::vector<std::size_t> places_of_stale(std::string_view key) {
    constexpr std::size_t kParent = kNumberBytes, kLength = 2 * kNumberBytes;
    constexpr std::size_t kRoot = 3 * kNumberBytes;
    std::vector<std::size_t> places{kParent};
    if (key.size() >= kRoot) places.push_back(kRoot + number_of(key.substr(kLength)));
    return places;
}

std::optional<std::size_t> place_of_entity(std::string_view key) {
    for (const std::string_view kind : {kCounters, kAdopted, kAdopter, kDiscarded}) {
        if (key.starts_with(kind)) return kind.size();
    }
    return std::nullopt;
}

std::string image_prefix(RelationIndex relation) {
    std::string key;
    append_number(key, relation);
    return key;
}

std::string image(RelationIndex relation, std::string_view row) {
    return image_prefix(relation).append(row);
}

std::string index_prefix(IndexId index) { return image_prefix(index); }

std::string index_prefix(IndexId index, std::string_view key) {
    return image_prefix(index).append(key);
}

std::string index_entry(IndexId index, std::string_view key, const Member& member) {
    std::string entry = index_prefix(index, key);
    entry += member.row;
    entry += static_cast<char>(member.slot);
    return entry;
}

Member member_of(std::string_view entry, std::size_t prefix_size) {
    if (entry.size() <= prefix_size) cut_short();
    const std::string_view rest = entry.substr(prefix_size);
    return {KeyBytes{rest.substr(0, rest.size() - 1)}, static_cast<std::uint8_t>(rest.back())};
}

std::string_view first_parts(std::string_view rest, std::size_t parts) {
    std::string_view behind_key = rest;
    for (std::size_t part = 0; part < parts; ++part)
        take_key_value(behind_key);
    return rest.substr(0, rest.size() - behind_key.size());
}

std::string member_key(IndexId index, const Member& member) {
    std::string key = index_prefix(index);
    append_number(key, static_cast<std::uint32_t>(member.row.size()));
    key += member.row;
    key += static_cast<char>(member.slot);
    return key;
}

std::string stale_prefix(EntityIndex parent, std::string_view root) {
    std::string key;
    append_number(key, kStale);
    append_number(key, parent);
    append_number(key, static_cast<std::uint32_t>(root.size()));
    return key.append(root);
}

std::string stale(EntityIndex parent, std::string_view parent_root, EntityIndex entity,
                  std::string_view root) {
    std::string key = stale_prefix(parent, parent_root);
    append_number(key, entity);
    return key.append(root);
}

RootRef stale_of(std::string_view entry, std::size_t prefix_size) {
    if (entry.size() < prefix_size) cut_short();
    return root_of(entry.substr(prefix_size));
}

std::string claim_prefix(std::uint32_t claim, std::string_view value) {
    return image_prefix(claim).append(value);
}

std::string claim(std::uint32_t claim, std::string_view value, std::string_view order,
                  std::string_view root) {
    return claim_prefix(claim, value).append(order).append(root);
}

std::string root(EntityIndex entity, std::string_view root) {
    return image_prefix(entity).append(root);
}

std::string entity_prefix(EntityIndex entity) { return image_prefix(entity); }

RootRef root_of(std::string_view key) {
    const EntityIndex entity = take_number(key);
    return {entity, KeyBytes{key}};
}

std::string target(const Uuid& id) { return {id.bytes.begin(), id.bytes.end()}; }

std::string row(const Uuid& id, EntityIndex entity) { return target(id) + entity_prefix(entity); }

EntityIndex entity_of_row(std::string_view key) {
    return number_of(key.substr(std::min(key.size(), Uuid{}.bytes.size())));
}

std::string entity_target(EntityIndex entity, const Uuid& id) {
    return entity_prefix(entity) + target(id);
}

std::string work_prefix(std::uint8_t queue) { return std::string(1, static_cast<char>(queue)); }

std::string work(std::uint8_t queue, Lsn birth, std::uint64_t sequence) {
    std::string key = work_prefix(queue);
    append_long(key, birth.offset());
    append_long(key, sequence);
    return key;
}

std::pair<Lsn, std::uint64_t> work_of(std::string_view key) {
    if (key.empty()) cut_short();
    key.remove_prefix(1);
    const Lsn birth{take_long(key)};
    return {birth, take_long(key)};
}

std::string work_front(std::uint8_t queue) { return "work_front/" + work_prefix(queue); }

std::string counter(EntityIndex entity, std::string_view what) {
    return std::string{kCounters} + entity_prefix(entity).append(what);
}

std::pair<EntityIndex, std::string_view> counter_of(std::string_view key) {
    key.remove_prefix(kCounters.size());
    const EntityIndex entity = take_number(key);
    return {entity, key};
}

std::string adopted(EntityIndex entity, const Uuid& computed) {
    return std::string{kAdopted} + entity_target(entity, computed);
}

std::string adopter(EntityIndex entity, const Uuid& id) {
    return std::string{kAdopter} + entity_target(entity, id);
}

std::string discarded(EntityIndex entity, std::string_view root) {
    return std::string{kDiscarded} + keys::root(entity, root);
}

std::string unread(std::string_view row) { return std::string{kUnread}.append(row); }

std::string unread_at(Lsn birth, std::string_view row) {
    std::string key{kUnreadAt};
    append_long(key, birth.offset());
    return key.append(row);
}

std::pair<Lsn, std::string_view> unread_of(std::string_view key) {
    key.remove_prefix(std::min(key.size(), kUnreadAt.size()));
    const Lsn birth{take_long(key)};
    return {birth, key};
}

}  // namespace crossfade::keys
