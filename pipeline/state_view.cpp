#include "pipeline/state_view.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
// Of an entry of a map beside its key and what it points to: nodes, buckets, control blocks.
constexpr std::size_t kEntryBytes = 128;
}  // namespace

std::shared_ptr<const Row> StateView::image(RelationIndex relation, const KeyBytes& key) {
    std::string name = keys::image(relation, key);
    if (const auto cached = images_.find(name); cached != images_.end()) return cached->second.row;
    CachedImage read = read_image(relation, name);
    if (read.bytes > kImageBytesMax) return read.row;
    if (image_bytes_ + read.bytes > kImageBytesMax) forget_all();
    image_bytes_ += read.bytes;
    return images_.emplace(std::move(name), std::move(read)).first->second.row;
}

std::shared_ptr<const Row> StateView::passing_image(RelationIndex relation, const KeyBytes& key) {
    const std::string name = keys::image(relation, key);
    const auto cached = images_.find(name);
    return cached != images_.end() ? cached->second.row : read_image(relation, name).row;
}

StateView::CachedImage StateView::read_image(RelationIndex relation,
                                             const std::string& name) const {
    CachedImage read;
    read.bytes = kEntryBytes + name.size();
    const auto bytes = reader_.get(Family::images, name);
    if (!bytes) return read;
    read.row = decode(relation, *bytes);
    // Texts lie on the heap, about as long as they are stored.
    read.bytes += bytes->size() + read.row->size() * sizeof(Value);
    return read;
}

std::shared_ptr<const Row> StateView::decode(RelationIndex relation, std::string_view bytes) const {
    Row decoded = decode_row(bytes);
    // Columns that the mapping began to read later are not in older images; compile-time order only
    // grows.
    decoded.resize(program_.relations[relation].columns.size(), Value{Null{}});
    return std::make_shared<const Row>(std::move(decoded));
}

void StateView::forget(RelationIndex relation, const KeyBytes& key) {
    const auto cached = images_.find(keys::image(relation, key));
    if (cached == images_.end()) return;
    image_bytes_ -= cached->second.bytes;
    images_.erase(cached);
}

void StateView::forget_all() {
    images_.clear();
    image_bytes_ = 0;
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
        const std::size_t bytes = kEntryBytes + name.size() + sizeof(ParentView);
        if (parent_bytes_ + bytes > kParentBytesMax) {
            parents_.clear();
            parent_bytes_ = 0;
        }
        parent_bytes_ += bytes;
        parents_.emplace(std::move(name), parent);
    }
    return parent;
}

// The id, then the columns that are somebody else's.
std::string encode_adopted(const AdoptedRow& row) {
    std::string bytes = keys::target(row.id);
    for (const std::uint32_t column : row.others)
        append_varint(bytes, column);
    return bytes;
}

std::optional<AdoptedRow> StateView::adopted(EntityIndex entity, const Uuid& computed) {
    const auto bytes = reader_.get(Family::meta, keys::adopted(entity, computed));
    if (!bytes || bytes->size() < 16) return std::nullopt;
    AdoptedRow row;
    std::copy_n(bytes->begin(), 16, row.id.bytes.begin());
    std::string_view rest = std::string_view{*bytes}.substr(16);
    while (!rest.empty())
        row.others.insert(static_cast<std::uint32_t>(take_varint(rest)));
    return row;
}

}  // namespace crossfade
