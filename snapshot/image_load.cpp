#include "snapshot/image_load.hpp"

#include "pipeline/stager.hpp"
#include "snapshot/image_copy.hpp"
#include "snapshot/index_build.hpp"
#include "snapshot/merge.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
// Owns the folder of the sorted runs. It is removed in any case, since the runs hold values of
// rows.
class Scratch {
public:
    explicit Scratch(const std::filesystem::path& path) : path_{path} {
        try {
            std::filesystem::remove_all(path_);
            std::filesystem::create_directories(path_);
            std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
        } catch (const std::filesystem::filesystem_error& error) {
            throw Failure{Error{ErrorKind::unavailable, error.what()}};
        }
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

private:
    std::filesystem::path path_;
};

bool is_empty(const Reader& reader, Family family, std::string_view prefix) {
    bool empty = true;
    reader.scan(family, prefix, {},
                [&](std::string_view, std::string_view) { return empty = false; });
    return empty;
}

void require_empty(const Reader& store) {
    for (const Family family : {Family::images, Family::edges, Family::members}) {
        if (is_empty(store, family, {})) continue;
        throw Failure{Error{ErrorKind::trust, "the state already holds " +
                                                  std::string{to_string(family)} +
                                                  "; a load begins with an empty one"}};
    }
}

// Rows of a table without a key are told apart by a number; any other table has each key once.
std::optional<std::string> name_of_copy(const Program& program, std::string_view whole,
                                        std::uint64_t copy) {
    const MappedRelation& relation = program.relations[keys::number_of(whole)];
    if (relation.repeats) {
        KeyBytes key{whole};
        append_key(key, static_cast<std::int64_t>(copy));
        return key;
    }
    if (copy == 0) return std::nullopt;
    const bool secret =
        std::any_of(relation.key.begin(), relation.key.end(),
                    [&](std::uint32_t position) { return relation.columns[position].secret; });
    throw Failure{
        Error{ErrorKind::trust,
              "table " + relation.table() + " has two rows with the same key" +
                  (secret ? std::string{} : ", " + display_key(keys::after_number(whole)))}
            .with_hint("its rows can only be told apart by a key: give the table a primary key, or "
                       "name a unique one under relations: in the mapping")};
}

void write_counts(const Program& program, RocksStore& store, MemberCounts counts,
                  const std::vector<std::uint64_t>& rows) {
    WriteSet set;
    for (EntityIndex e = 0; e < program.entities.size(); ++e) {
        const EntityProgram& entity = program.entities[e];
        if (entity.root_kind == EntityProgram::RootKind::row)
            counts[e] += static_cast<std::int64_t>(rows[entity.relation]);
        if (counts[e] != 0)
            set.put(Family::meta, keys::counter(e, "source"), std::to_string(counts[e]));
    }
    store.write(set, true);
}
}  // namespace

ImageLoadResult load_images(const Program& program, RocksStore& store,
                            const SecretFingerprinter& fingerprinter,
                            const ImageLoadOptions& options, Progress& progress,
                            const Logger& log) {
    require_empty(store);
    const auto began = std::chrono::steady_clock::now();
    ImageLoadOptions settings = options;
    settings.threads = std::max(1U, options.threads);
    settings.connections = std::max(1U, options.connections);
    settings.scratch = options.scratch / "load";
    const Scratch scratch{settings.scratch};
    const std::filesystem::path directory = settings.scratch / "images";
    std::filesystem::create_directory(directory);

    std::vector<RunSorter> sorters;
    for (unsigned i = 0; i < settings.connections; ++i)
        sorters.emplace_back(directory, "copy." + std::to_string(i), settings.chunk_bytes);
    ImageLoadResult result = copy_images(program, fingerprinter, settings, progress, log, sorters);
    std::uint64_t total = 0;
    for (const std::uint64_t rows : result.rows)
        total += rows;
    log.info("source read", {fields::rows(total), fields::bytes(result.bytes),
                             fields::elapsed_ms(std::chrono::steady_clock::now() - began)});
    if (options.on_source_released) options.on_source_released();

    const MergeOptions merge{directory, settings.file_bytes_max, settings.threads, settings.state,
                             settings.stop};
    const FileStarts starts = merge_into(store, Family::images, sorters, merge,
                                         [&](std::string_view entry, std::uint64_t copy) {
                                             return name_of_copy(program, entry, copy);
                                         });
    std::filesystem::remove_all(directory);
    write_counts(program, store,
                 build_indexes(program, store, starts, result.rows, settings, progress),
                 result.rows);
    log.info("images loaded",
             {fields::rows(total), fields::elapsed_ms(std::chrono::steady_clock::now() - began)});
    return result;
}

void wipe_images(RocksStore& store) {
    // An empty range is not erased: erasing leaves a tombstone, and RocksDB would not put the files
    // of the next load below it, on the last level.
    const auto wipe = [&](Family family, std::string_view prefix) {
        if (!is_empty(store, family, prefix)) store.erase_prefix(family, prefix);
    };
    for (const Family family : {Family::images, Family::edges, Family::members, Family::claims,
                                Family::derived, Family::targets, Family::work, Family::quarantine})
        wipe(family, {});
    wipe(Family::meta, keys::kCounters);
    wipe(Family::meta, keys::kAdopted);
    wipe(Family::meta, keys::kAdopter);
}

}  // namespace crossfade
