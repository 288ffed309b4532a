#include "pipeline/state_view.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

std::shared_ptr<const Row> StateView::image(RelationIndex relation, const KeyBytes& key) {
    std::string name = keys::image(relation, key);
    if (const auto cached = images_.find(name); cached != images_.end()) return cached->second;
    std::shared_ptr<const Row> row = read_image(relation, name);
    if (images_.size() >= kCachedImagesMax) images_.clear();
    images_.emplace(std::move(name), row);
    return row;
}

std::shared_ptr<const Row> StateView::passing_image(RelationIndex relation, const KeyBytes& key) {
    const std::string name = keys::image(relation, key);
    const auto cached = images_.find(name);
    return cached != images_.end() ? cached->second : read_image(relation, name);
}

std::shared_ptr<const Row> StateView::read_image(RelationIndex relation,
                                                 const std::string& name) const {
    const auto bytes = reader_.get(Family::images, name);
    return bytes ? decode(relation, *bytes) : nullptr;
}

std::shared_ptr<const Row> StateView::decode(RelationIndex relation, std::string_view bytes) const {
    Row decoded = decode_row(bytes);
    // Columns that the mapping began to read later are not in older images; compile-time order only
    // grows.
    decoded.resize(program_.relations[relation].columns.size(), Value{Null{}});
    return std::make_shared<const Row>(std::move(decoded));
}

void StateView::forget(RelationIndex relation, const KeyBytes& key) {
    images_.erase(keys::image(relation, key));
}

void StateView::members(IndexId index, const KeyBytes& key,
                        const std::function<bool(const Member&)>& each) {
    const IndexSpec& spec = program_.indexes[index];
    if (spec.identity) {
        if (image(spec.relation, key)) each({key, 0});
        return;
    }
    const std::string prefix = keys::index_prefix(index, key);
    reader_.scan(Family::edges, prefix, {}, [&](std::string_view entry, std::string_view) {
        return each(keys::member_of(entry, prefix.size()));
    });
}

void StateView::member_rows(IndexId index, RelationIndex relation, const KeyBytes& key,
                            const EachRow& each) {
    if (!program_.indexes[index].covers) return View::member_rows(index, relation, key, each);
    const std::string prefix = keys::index_prefix(index, key);
    reader_.scan(Family::edges, prefix, {}, [&](std::string_view entry, std::string_view image) {
        const Member member = keys::member_of(entry, prefix.size());
        // Entries of a state that an earlier version wrote carry nothing.
        return each(member,
                    image.empty() ? passing_image(relation, member.row) : decode(relation, image));
    });
}

std::optional<KeyBytes> StateView::key_of(IndexId index, const Member& member) {
    const IndexSpec& spec = program_.indexes[index];
    if (!spec.local) return reader_.get(Family::members, keys::member_key(index, member));
    for (IndexEntry& entry :
         index_entries(program_, index, member.row, image(spec.relation, member.row), *this)) {
        if (entry.slot == member.slot) return std::move(entry.key);
    }
    return std::nullopt;
}

std::optional<DerivedRecord> StateView::record(EntityIndex entity, const KeyBytes& root) const {
    const auto bytes = reader_.get(Family::derived, keys::root(entity, root));
    if (!bytes) return std::nullopt;
    return DerivedRecord::decode(*bytes);
}

std::optional<ParentView> StateView::parent(EntityIndex entity, const KeyBytes& root) {
    std::string name;
    if (keeps_parents_) {
        name = keys::root(entity, root);
        if (const auto kept = parents_.find(name); kept != parents_.end()) return kept->second;
    }
    std::optional<ParentView> parent;
    if (const auto found = record(entity, root)) parent = {found->id, found->visible()};
    if (keeps_parents_) {
        if (parents_.size() >= kCachedImagesMax) parents_.clear();
        parents_.emplace(std::move(name), parent);
    }
    return parent;
}

std::string adopted_key(EntityIndex entity, const Uuid& computed) {
    return "adopted/" + keys::entity_prefix(entity) + keys::target(computed);
}

std::string adopter_key(EntityIndex entity, const Uuid& id) {
    return "adopter/" + keys::entity_prefix(entity) + keys::target(id);
}

// The id, then the columns that are somebody else's.
std::string encode_adopted(const AdoptedRow& row) {
    std::string bytes = keys::target(row.id);
    for (const std::uint32_t column : row.others)
        append_varint(bytes, column);
    return bytes;
}

std::optional<AdoptedRow> StateView::adopted(EntityIndex entity, const Uuid& computed) {
    const auto bytes = reader_.get(Family::meta, adopted_key(entity, computed));
    if (!bytes || bytes->size() < 16) return std::nullopt;
    AdoptedRow row;
    std::copy_n(bytes->begin(), 16, row.id.bytes.begin());
    std::string_view rest = std::string_view{*bytes}.substr(16);
    while (!rest.empty())
        row.others.insert(static_cast<std::uint32_t>(take_varint(rest)));
    return row;
}

}  // namespace crossfade
