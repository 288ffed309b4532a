// What derivations read, over plain maps of source rows and of outcomes.
#pragma once

#include "tests/pipeline/model_expected.hpp"

namespace crossfade::test {

struct Computed {
    Outcome outcome;
    bool present = false;
};

class PlainView : public View {
public:
    PlainView(const Program& program, const SourceRows& source)
        : program_{program}, source_{source} {}

    std::shared_ptr<const Row> image(RelationIndex relation, const KeyBytes& key) override {
        const auto rows = source_.find(relation);
        if (rows == source_.end()) return nullptr;
        const auto row = rows->second.find(key);
        return row == rows->second.end() ? nullptr : std::make_shared<const Row>(row->second);
    }
    void members(IndexId index, const KeyBytes& key,
                 const std::function<bool(const Member&)>& each) override {
        const auto rows = source_.find(program_.indexes[index].relation);
        if (rows == source_.end()) return;
        for (const auto& [row_key, row] : rows->second) {
            for (const IndexEntry& entry : entries(index, row_key, row)) {
                if (entry.key == key && !each({row_key, entry.slot})) return;
            }
        }
    }
    std::optional<KeyBytes> key_of(IndexId index, const Member& member) override {
        const auto row = image(program_.indexes[index].relation, member.row);
        if (!row) return std::nullopt;
        for (const IndexEntry& entry : entries(index, member.row, *row)) {
            if (entry.slot == member.slot) return entry.key;
        }
        return std::nullopt;
    }
    std::optional<ParentView> parent(EntityIndex entity, const KeyBytes& root) override {
        const auto found = computed[entity].find(root);
        if (found == computed[entity].end()) return std::nullopt;
        return ParentView{found->second.outcome.id, found->second.present};
    }
    std::optional<AdoptedRow> adopted(EntityIndex, const Uuid&) override { return std::nullopt; }

    std::vector<IndexEntry> entries(IndexId index, const KeyBytes& key, const Row& row) {
        return index_entries(program_, index, key, std::make_shared<const Row>(row), *this);
    }

    std::map<EntityIndex, std::map<KeyBytes, Computed>> computed;

private:
    const Program& program_;
    const SourceRows& source_;
};

}  // namespace crossfade::test
