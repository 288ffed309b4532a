#include "snapshot/index_build.hpp"

#include "model/encoding.hpp"
#include "pipeline/state_view.hpp"
#include "snapshot/workers.hpp"
#include "state/keys.hpp"

#include <atomic>
#include <mutex>

namespace crossfade {

namespace {

// The images of one relation whose keys in Family::images lie in [from, until). An empty `until`
// means to the end of the relation.
struct ImageRange {
    RelationIndex relation = 0;
    std::string from;
    std::string until;
};

struct Pass {
    std::vector<std::vector<IndexId>> indexes;  // by relation
    std::vector<ImageRange> ranges;
    std::uint64_t rows = 0;
};

// What one pass over the images builds: the indexes whose keys read the row alone (`local`), or
// those whose keys read other rows too. The local ones are built first, since the others may read
// them.
Pass plan_pass(const Program& program, bool local, const FileStarts& images,
               const std::vector<std::uint64_t>& rows) {
    Pass pass;
    pass.indexes.resize(program.relations.size());
    for (IndexId index = 0; index < program.indexes.size(); ++index) {
        const IndexSpec& spec = program.indexes[index];
        const bool stored = spec.over_roots == kNone && !spec.identity && !spec.scan;
        if (stored && spec.local == local) pass.indexes[spec.relation].push_back(index);
    }
    for (const auto& [relation, starts] : images) {
        if (pass.indexes[relation].empty()) continue;
        pass.rows += rows[relation];
        for (std::size_t i = 0; i < starts.size(); ++i) {
            pass.ranges.push_back(
                {relation, starts[i], i + 1 < starts.size() ? starts[i + 1] : std::string{}});
        }
    }
    return pass;
}

// Turns rows into the entries of their indexes. One per thread.
class IndexWriter {
public:
    IndexWriter(const Program& program, const Reader& store, RunSorter& edges, RunSorter& members)
        : program_{program}, view_{program, store}, edges_{edges}, members_{members} {
        for (EntityIndex e = 0; e < program.entities.size(); ++e) {
            for (const IndexId index : program.entities[e].member_indexes)
                feeds_[index] = e;
        }
    }

    void add(const std::vector<IndexId>& indexes, const KeyBytes& key,
             const std::shared_ptr<const Row>& row, std::string_view image) {
        for (const IndexId index : indexes) {
            const auto feed = feeds_.find(index);
            for (const IndexEntry& entry : index_entries(program_, index, key, row, view_)) {
                const Member member{key, entry.slot};
                edges_.put(keys::index_entry(index, entry.key, member),
                           program_.indexes[index].covers ? image : std::string_view{});
                if (!program_.indexes[index].local)
                    members_.put(keys::member_key(index, member), entry.key);
                if (feed != feeds_.end()) ++counts_[feed->second];
            }
        }
    }
    const MemberCounts& counts() const { return counts_; }

private:
    const Program& program_;
    StateView view_;
    RunSorter& edges_;
    RunSorter& members_;
    std::map<IndexId, EntityIndex> feeds_;
    MemberCounts counts_;
};

void scan_range(const Program& program, const Reader& store, const ImageRange& range,
                const std::vector<IndexId>& indexes, IndexWriter& writer, Progress::Bar& bar,
                const std::stop_token& stop) {
    const std::size_t columns = program.relations[range.relation].columns.size();
    const std::string prefix = keys::image_prefix(range.relation);
    std::uint64_t scanned = 0;
    store.scan(Family::images, prefix, range.from,
               [&](std::string_view entry, std::string_view value) {
                   if (!range.until.empty() && entry >= range.until) return false;
                   if (++scanned % kAdvanceEvery == 0) {
                       stop_here(stop);
                       bar.advance(kAdvanceEvery);
                   }
                   Row row = decode_row(value);
                   row.resize(columns, Value{Null{}});
                   writer.add(indexes, KeyBytes{entry.substr(prefix.size())},
                              std::make_shared<const Row>(std::move(row)), value);
                   return true;
               });
    bar.advance(scanned % kAdvanceEvery);
}

void run_pass(const Program& program, RocksStore& store, const Pass& pass, const std::string& name,
              const ImageLoadOptions& options, Progress& progress, MemberCounts& counts) {
    if (pass.ranges.empty()) return;
    auto& bar = progress.add(name, pass.rows, "rows");
    const std::filesystem::path directory = options.scratch / "indexes";
    std::filesystem::create_directory(directory);
    std::vector<RunSorter> edges;
    std::vector<RunSorter> members;
    for (unsigned i = 0; i < options.threads; ++i) {
        edges.emplace_back(directory, "edges." + std::to_string(i), options.chunk_bytes);
        members.emplace_back(directory, "members." + std::to_string(i), options.chunk_bytes / 2);
    }
    std::atomic<std::size_t> next{0};
    std::mutex counting;
    run_workers(options.threads, options.stop, [&](unsigned number, const std::stop_token& stop) {
        IndexWriter writer{program, store, edges[number], members[number]};
        for (std::size_t i = next++; i < pass.ranges.size(); i = next++) {
            const ImageRange& range = pass.ranges[i];
            scan_range(program, store, range, pass.indexes[range.relation], writer, bar, stop);
        }
        edges[number].finish();
        members[number].finish();
        const std::lock_guard lock{counting};
        for (const auto& [entity, count] : writer.counts())
            counts[entity] += count;
    });
    const MergeOptions merge{directory, options.file_bytes_max, options.threads, options.state,
                             options.stop};
    const auto once = [](std::string_view, std::uint64_t copy) -> std::optional<std::string> {
        if (copy == 0) return std::nullopt;
        throw Failure{Error{ErrorKind::internal, "a row stands twice in an index"}};
    };
    merge_into(store, Family::edges, edges, merge, once);
    merge_into(store, Family::members, members, merge, once);
    std::filesystem::remove_all(directory);
    bar.finish();
}
}  // namespace

MemberCounts build_indexes(const Program& program, RocksStore& store, const FileStarts& images,
                           const std::vector<std::uint64_t>& rows, const ImageLoadOptions& options,
                           Progress& progress) {
    MemberCounts counts;
    run_pass(program, store, plan_pass(program, true, images, rows), "index", options, progress,
             counts);
    run_pass(program, store, plan_pass(program, false, images, rows), "index by look-up", options,
             progress, counts);
    return counts;
}

}  // namespace crossfade
