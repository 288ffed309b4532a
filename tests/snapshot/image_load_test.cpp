#include "snapshot/image_load.hpp"

#include "tests/snapshot/shop.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {
constexpr const char* kItemMapping =
    "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
    "entities:\n"
    "  things:\n"
    "    target: public.thing\n"
    "    root: {row: item, as: i}\n"
    "    id: \"'item/' || i.id\"\n"
    "    columns: {name: i.name, amount: i.amount}\n";
constexpr const char* kItem =
    "CREATE TABLE item (id bigint PRIMARY KEY, name text, amount integer);"
    "INSERT INTO item SELECT i, 'name ' || i, i FROM generate_series(1, 2000) i;";

bool any_file_holds(const std::filesystem::path& folder, const std::string& text) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && text_of_file(entry.path()).find(text) != std::string::npos)
            return true;
    }
    return false;
}
}  // namespace

TEST_CASE("an image load makes the state that staging every row makes", "[postgres]") {
    for (const int seed : {1, 2, 3, 4}) {
        INFO("seed " << seed);
        const LoadSource source = LoadSource::shop(seed);
        Exporter exporter{source.database};
        const auto changes = rows_as_inserts(source, exporter.connection());
        source.change_rows(seed + 100);  // after the snapshot, so nobody may see it
        MemoryStore staged;
        stage(source, changes, static_cast<unsigned>(seed), staged);

        LoadRun run;
        ImageLoadOptions options = run.options(source, exporter.name());
        if (seed > 1) {  // many runs, many files, pages one by one
            options.connections = static_cast<unsigned>(seed) - 1;
            options.threads = 3;
            options.chunk_bytes = 4096;
            options.file_bytes_max = 1024;
            options.range_bytes = 8192;
        }
        bool released = false;
        options.on_source_released = [&] {
            released = true;
            const auto still = exporter.connection().exec(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'crossfade snapshot' AND backend_xmin IS NOT NULL");
            CHECK(still.integer(0, 0) == 0);
        };
        const ImageLoadResult result = run.load(source, options);
        CHECK(released);
        std::uint64_t rows = 0;
        for (const std::uint64_t count : result.rows)
            rows += count;
        CHECK(rows == changes.size());
        CHECK(result.bytes > 0);
        check_equal(*run.store, staged);
        CHECK_FALSE(std::filesystem::exists(options.scratch / "load"));
    }
}

TEST_CASE("a table larger than a chunk is read in ranges, merged and scanned in ranges",
          "[postgres]") {
    LoadSource source{kItem, std::string{kItemMapping} +
                                 "    sets: {same: {from: item, key: name, at: i.name}}\n"};
    // Rows in no order, with holes and dead versions.
    source.execute(
        "UPDATE item SET amount = amount + 1 WHERE id % 3 = 0; DELETE FROM item WHERE id % 7 = 0;"
        "INSERT INTO item SELECT -i, repeat(md5(i::text), 30), i FROM generate_series(1, 3000) i");
    Exporter exporter{source.database};
    MemoryStore staged;
    stage(source, rows_as_inserts(source, exporter.connection()), 1, staged);
    LoadRun run;
    ImageLoadOptions options = run.options(source, exporter.name());
    options.connections = 3;
    options.chunk_bytes = 50'000;
    options.file_bytes_max = 100'000;
    options.range_bytes = 200'000;
    run.load(source, options);
    for (const Family family : {Family::images, Family::edges}) {
        const bool equal = entries_of(*run.store, family) == entries_of(staged, family);
        CHECK(equal);
    }
    CHECK(read_counter(*run.store, 0, "source") == read_counter(staged, 0, "source"));
}

TEST_CASE("no secret is spilled or stored in plain", "[postgres]") {
    const LoadSource source = LoadSource::shop(5);
    source.execute(
        "INSERT INTO login (id, username, password) VALUES (900, 'visible-name', "
        "'a-very-secret-word')");
    Exporter exporter{source.database};
    LoadRun run;
    ImageLoadOptions options = run.options(source, exporter.name());
    bool looked = false;
    options.on_source_released = [&] {
        looked = true;
        CHECK(any_file_holds(options.scratch, "visible-name"));
        CHECK_FALSE(any_file_holds(options.scratch, "a-very-secret-word"));
    };
    run.load(source, options);
    CHECK(looked);
    for (std::size_t family = 0; family < kFamilies; ++family) {
        for (const auto& [key, value] : entries_of(*run.store, static_cast<Family>(family))) {
            const bool plain = (key + value).find("a-very-secret-word") != std::string::npos;
            CHECK_FALSE(plain);
        }
    }
}

TEST_CASE("two rows with one key stop the load with the table's name", "[postgres]") {
    const std::string ddl =
        "CREATE TABLE item (id bigint, name text, amount integer);"
        "ALTER TABLE item REPLICA IDENTITY FULL;"
        "INSERT INTO item SELECT i, 'name ' || i, i FROM generate_series(1, 2000) i;"
        "INSERT INTO item VALUES (77, 'twin', 1);";
    LoadSource source{ddl, std::string{kItemMapping} + "relations: {item: {key: [id]}}\n"};
    Exporter exporter{source.database};
    for (const std::size_t chunk : {std::size_t{1} << 20, std::size_t{8192}}) {
        LoadRun run;
        ImageLoadOptions options = run.options(source, exporter.name());
        options.chunk_bytes = chunk;
        const Error error = run.refusal(source, options);
        CHECK(error.kind() == ErrorKind::trust);
        CHECK(error.message() == "table public.item has two rows with the same key, 77");
        CHECK(entries_of(*run.store, Family::images).empty());
    }
}

TEST_CASE("a value that is not of its column's type stops the load without being shown",
          "[postgres]") {
    LoadSource source{kItem, kItemMapping};
    source.execute(
        "ALTER TABLE item ALTER amount TYPE text;"
        "UPDATE item SET amount = 'a private text' WHERE id = 1234");
    Exporter exporter{source.database};
    LoadRun run;
    const Error error = run.refusal(source, run.options(source, exporter.name()));
    CHECK(error.kind() == ErrorKind::trust);
    CHECK(error.message() == "column amount of public.item is not of type integer, row 1234");
    CHECK_THAT(error.format(), !ContainsSubstring("private"));
}

TEST_CASE("a table that was rewritten under the snapshot is not taken for empty", "[postgres]") {
    const std::string change = GENERATE(
        std::string{"TRUNCATE item"}, std::string{"VACUUM FULL item"},
        std::string{"ALTER TABLE item RENAME TO old; CREATE TABLE item (LIKE old INCLUDING ALL)"},
        std::string{"ALTER TABLE item ALTER amount TYPE bigint"});
    INFO(change);
    LoadSource source{kItem, kItemMapping};
    Exporter exporter{source.database};
    source.execute(change);
    LoadRun run;
    const Error error = run.refusal(source, run.options(source, exporter.name()));
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK_THAT(error.message(), ContainsSubstring("public.item"));
}

TEST_CASE("a partitioned table is read from its leaves, an inheriting one not", "[postgres]") {
    LoadSource source{
        "CREATE TABLE item (id bigint PRIMARY KEY, name text, amount integer) PARTITION BY "
        "RANGE (id);"
        "CREATE TABLE item_1 PARTITION OF item FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE item_2 PARTITION OF item FOR VALUES FROM (10) TO (20);"
        "INSERT INTO item SELECT i, 'n', i FROM generate_series(1, 15) i",
        kItemMapping};
    {
        Exporter exporter{source.database};
        LoadRun run;
        CHECK(run.load(source, run.options(source, exporter.name())).rows.at(0) == 15);
    }
    {
        Exporter exporter{source.database};
        source.execute("TRUNCATE item_2");
        LoadRun run;
        const Error error = run.refusal(source, run.options(source, exporter.name()));
        CHECK(error.kind() == ErrorKind::conflict);
    }
    LoadSource parent{
        std::string{kItem} + "CREATE TABLE heir () INHERITS (item); INSERT INTO heir VALUES (-1)",
        kItemMapping};
    Exporter exporter{parent.database};
    LoadRun run;
    CHECK(run.load(parent, run.options(parent, exporter.name())).rows.at(0) == 2000);
}

TEST_CASE("a snapshot that is gone is an error that says so", "[postgres]") {
    LoadSource source{kItem, kItemMapping};
    std::string name;
    {
        Exporter exporter{source.database};
        name = exporter.name();
    }
    LoadRun run;
    const Error error = run.refusal(source, run.options(source, name));
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK_THAT(error.message(), ContainsSubstring("the exported snapshot cannot be read"));
}

TEST_CASE("a load that was stopped begins anew on a wiped state", "[postgres]") {
    const LoadSource source = LoadSource::shop(6);
    Exporter exporter{source.database};
    MemoryStore staged;
    stage(source, rows_as_inserts(source, exporter.connection()), 6, staged);
    LoadRun run;
    std::stop_source stop;
    ImageLoadOptions options = run.options(source, exporter.name());
    options.stop = stop.get_token();
    options.on_source_released = [&] { stop.request_stop(); };
    CHECK(run.refusal(source, options).kind() == ErrorKind::unavailable);
    CHECK_FALSE(std::filesystem::exists(options.scratch / "load"));

    wipe_images(*run.store);
    run.load(source, run.options(source, exporter.name()));
    check_equal(*run.store, staged);

    const Error error = run.refusal(source, run.options(source, exporter.name()));
    CHECK(error.kind() == ErrorKind::trust);
    CHECK_THAT(error.message(), ContainsSubstring("already holds images"));

    WriteSet set;
    for (const Family family :
         {Family::claims, Family::derived, Family::targets, Family::work, Family::quarantine})
        set.put(family, "key", "value");
    set.put(Family::meta, "adopted/key", "value");
    set.put(Family::meta, "position", "stays");
    run.store->write(set, true);
    wipe_images(*run.store);
    for (std::size_t family = 0; family < kFamilies; ++family) {
        const Entries left = entries_of(*run.store, static_cast<Family>(family));
        if (static_cast<Family>(family) == Family::meta)
            CHECK(left == Entries{{"position", "stays"}});
        else
            CHECK(left.empty());
    }
    run.load(source, run.options(source, exporter.name()));
    check_equal(*run.store, staged);
}
