// The road with a state on disk and a target server: items that feed a row each, a row for each
// label together, and read their mark's name.
#pragma once

#include "tests/pipeline/counting_store.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/cluster.hpp"

#include "pipeline/road.hpp"
#include "pipeline/stager.hpp"
#include "state/rocks_store.hpp"
#include "transforms/mapping.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace crossfade::test {

class RealRoad {
public:
    static constexpr RelationIndex kItem = 0, kMark = 1;  // relations
    static constexpr EntityIndex kItems = 0, kLabels = 1;

    explicit RealRoad(BatchLimits limits = {});
    static std::shared_ptr<const Program> compiled();

    // item(id, word, label, mark_id), mark(id, name)
    static Change item(std::int64_t id, const std::string& word, std::int64_t label = 1,
                       std::int64_t mark = 1);
    static Change mark(std::int64_t id, const std::string& name);
    static Change update(Change inserted);
    static Change remove(RelationIndex relation, std::int64_t id);
    static Change truncate(RelationIndex relation);

    // The next transaction of the source; end and commit lie behind all earlier ones.
    SourceTransaction transaction(std::vector<Change> changes);
    // The same in slices of so many changes.
    static std::vector<SourceTransaction> slices(const SourceTransaction& whole, std::size_t size);

    void apply(const std::vector<SourceTransaction>& transactions) {
        road_->apply(*writer_, transactions);
    }
    void apply(std::vector<Change> changes) { apply({transaction(std::move(changes))}); }
    std::size_t work();  // until the queue is empty; the number of batches
    bool work_once() { return road_->work(*writer_); }
    // As after a start: a road that knows what is stored, and nothing else.
    void restart();

    std::string target(const std::string& sql) const {
        return Cluster::shared().value(database_, sql);
    }
    std::int64_t counter(EntityIndex entity, std::string_view what) const {
        return read_counter(store_, entity, what);
    }
    // Of an entity: what its rows add up to must be what the source has.
    std::string account(EntityIndex entity) const;

    const Program& program() const { return *program_; }
    CountingStore& store() { return store_; }
    RocksStore& rocks() { return *rocks_; }

private:
    std::shared_ptr<const Program> program_;
    std::vector<TargetSpec> specs_;
    BatchLimits limits_;
    TemporaryDirectory folder_;
    std::unique_ptr<RocksStore> rocks_;
    CountingStore store_;
    std::string database_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<TargetWriter> writer_;
    std::unique_ptr<Road> road_;
    std::uint64_t lsn_ = 1'000;
};

}  // namespace crossfade::test
