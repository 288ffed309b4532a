// The View of derivations over the state: decodes images, members and outcomes from a Reader, and
// keeps decoded images for as long as the batch lasts, up to a bound in bytes.
#pragma once

#include "state/records.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <unordered_map>

namespace crossfade {

class StateView : public View {
public:
    // Borrows both; the reader may change under the view as long as forget() is told of changed
    // images.
    StateView(const Program& program, const Reader& reader) : program_{program}, reader_{reader} {}

    std::shared_ptr<const Row> image(RelationIndex relation, const KeyBytes& key) override;
    std::shared_ptr<const Row> passing_image(RelationIndex relation, const KeyBytes& key) override;
    void members(IndexId index, const KeyBytes& key,
                 const std::function<bool(const Member&)>& each) override;
    void member_rows(IndexId index, RelationIndex relation, const KeyBytes& key,
                     const EachRow& each) override;
    std::optional<KeyBytes> key_of(IndexId index, const Member& member) override;
    std::optional<ParentView> parent(EntityIndex entity, const KeyBytes& root) override;
    std::optional<AdoptedRow> adopted(EntityIndex entity, const Uuid& computed) override;

    std::optional<DerivedRecord> record(EntityIndex entity, const KeyBytes& root) const;
    // What is stored as a row's image.
    std::shared_ptr<const Row> decode(RelationIndex relation, std::string_view bytes) const;
    // From now on outcomes do not change: those of parents are kept.
    void keep_parents() { keeps_parents_ = true; }
    void forget(RelationIndex relation, const KeyBytes& key);
    void forget_all();  // images
    const Reader& reader() const { return reader_; }

    // About what the kept images and parents take, keys included. Beyond the bound all of their
    // kind are dropped; one that is larger alone is not kept.
    std::size_t cached_bytes() const { return image_bytes_ + parent_bytes_; }
    static constexpr std::size_t kImageBytesMax = std::size_t{24} << 20;
    static constexpr std::size_t kParentBytesMax = std::size_t{8} << 20;

private:
    struct CachedImage {
        std::shared_ptr<const Row> row;
        std::size_t bytes = 0;
    };
    CachedImage read_image(RelationIndex relation, const std::string& name) const;
    const Program& program_;
    const Reader& reader_;
    std::unordered_map<std::string, CachedImage> images_;
    std::size_t image_bytes_ = 0;
    bool keeps_parents_ = false;
    std::unordered_map<std::string, std::optional<ParentView>> parents_;
    std::size_t parent_bytes_ = 0;
};

// What stands under keys::adopted.
std::string encode_adopted(const AdoptedRow& row);

}  // namespace crossfade
