// The shop's source as a database, and the state that its rows must give.
#pragma once

#include "model/fingerprint.hpp"
#include "pipeline/stager.hpp"
#include "postgres/catalog.hpp"
#include "postgres/codec.hpp"
#include "postgres/connection.hpp"
#include "postgres/quote.hpp"
#include "snapshot/image_load.hpp"
#include "state/memory_store.hpp"
#include "telemetry/console.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

namespace crossfade::test {

inline const std::filesystem::path kMappings =
    std::filesystem::path{CROSSFADE_SOURCE_DIR} / "tests/mappings";

inline std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error{"cannot read " + path.string()};
    return text.str();
}

inline Connection open(const std::string& database, const std::string& purpose = "source") {
    return Connection::open({Cluster::shared().conninfo(database), "snapshot test", purpose});
}

// A folder for a state, removed at the end.
class Folder {
public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "crossfade-load-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp failed"};
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::shared_ptr<const Program> compile_for(const std::string& database,
                                                  const std::optional<Mapping>& mapping,
                                                  Findings& findings) {
    REQUIRE(mapping);
    auto connection = open(database);
    std::map<std::string, CatalogTable> tables;
    for (const std::string& name : relations_of(*mapping)) {
        const auto dot = name.find('.');
        const auto table = read_table(connection, name.substr(0, dot), name.substr(dot + 1));
        if (table) tables.emplace(name, *table);
    }
    auto program = compile(*mapping, tables, findings);
    for (const Finding& finding : findings)
        UNSCOPED_INFO(finding.format());
    REQUIRE(program);
    return program;
}

// A source database under a small mapping, or the shop's.
struct LoadSource {
    std::string database;
    std::shared_ptr<const Program> program;
    SecretFingerprinter fingerprinter{"0123456789abcdef0123456789abcdef"};

    LoadSource(const std::string& ddl, const std::string& yaml)
        : database{Cluster::shared().create_database("load")} {
        execute(ddl);
        Findings findings;
        program = compile_for(database, parse_mapping(yaml, "test.yaml", findings), findings);
    }
    static LoadSource shop(int seed) {
        const std::string sql = text_of_file(kMappings / "shop/source.sql") +
                                text_of_file(kMappings / "shop/change.sql");
        LoadSource source{sql, text_of_file(kMappings / "shop.yaml")};
        source.change(seed);
        return source;
    }
    void execute(const std::string& sql) const { Cluster::shared().execute(database, sql); }
    void change(int seed) const {
        execute("SELECT shop_change(" + std::to_string(seed) + ", 400)");
    }
    // Without TRUNCATE, which a snapshot does not survive.
    void change_rows(int seed) const {
        std::string sql = "SELECT set_config('shop.seed', '" + std::to_string(seed) + "', true);";
        for (const char* name : {"login", "customer", "product", "order", "line", "delivery"}) {
            sql += std::string{"SELECT shop.put_"} + name + "() FROM generate_series(1, 20);";
        }
        execute(sql +
                "DELETE FROM orders WHERE id % 3 = 0; DELETE FROM stock WHERE product_id > 9");
    }
};

// A session that exports a snapshot and holds it.
class Exporter {
public:
    explicit Exporter(const std::string& database) : connection_{open(database)} {
        connection_.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        name_ = connection_.exec("SELECT pg_export_snapshot()").text(0, 0);
    }
    const std::string& name() const { return name_; }
    Connection& connection() { return connection_; }

private:
    Connection connection_;
    std::string name_;
};

struct LoadRun {
    Folder folder;
    std::unique_ptr<RocksStore> store = RocksStore::open(folder.path() / "state");
    Console console{stderr, false, 80};
    Progress progress{console, Logger::none()};

    ImageLoadOptions options(const LoadSource& source, const std::string& snapshot) const {
        ImageLoadOptions options;
        options.source_conninfo = Cluster::shared().conninfo(source.database);
        options.snapshot_name = snapshot;
        options.scratch = folder.path() / "scratch";
        return options;
    }
    ImageLoadResult load(const LoadSource& source, const ImageLoadOptions& options) {
        return load_images(*source.program, *store, source.fingerprinter, options, progress,
                           Logger::none());
    }
    // The error of a load that must fail.
    Error refusal(const LoadSource& source, const ImageLoadOptions& options) {
        try {
            load(source, options);
        } catch (const Failure& failure) {
            return failure.error();
        }
        FAIL("the load did not fail");
        return {};
    }
};

using Entries = std::map<std::string, std::string>;

inline Entries entries_of(const Reader& reader, Family family, std::string_view prefix = {}) {
    Entries entries;
    reader.scan(family, prefix, {}, [&](std::string_view key, std::string_view value) {
        entries.emplace(key, value);
        return true;
    });
    return entries;
}

// Every row of the source as an insert, read by queries of `connection`.
inline std::vector<Change> rows_as_inserts(const LoadSource& source, Connection& connection) {
    std::vector<Change> changes;
    for (RelationIndex r = 0; r < source.program->relations.size(); ++r) {
        const MappedRelation& relation = source.program->relations[r];
        std::vector<std::string> columns;
        for (const MappedColumn& column : relation.columns)
            columns.push_back(quote_identifier(column.name) + "::text");
        std::string list;
        for (const std::string& column : columns)
            list += (list.empty() ? "" : ", ") + column;
        const auto rows = connection.exec("SELECT " + list + " FROM " +
                                          quote_table(relation.schema, relation.name));
        for (int row = 0; row < rows.rows(); ++row) {
            Change change;
            change.relation = r;
            for (std::size_t c = 0; c < columns.size(); ++c) {
                const auto text = rows.get(row, static_cast<int>(c));
                const MappedColumn& column = relation.columns[c];
                if (!text)
                    change.row.push_back(Null{});
                else if (column.secret)
                    change.row.push_back(source.fingerprinter(*text));
                else
                    change.row.push_back(parse_value(column.type, *text).value());
            }
            changes.push_back(std::move(change));
        }
    }
    return changes;
}

// What the stream's stager makes of them, in a random order and random batches.
inline void stage(const LoadSource& source, std::vector<Change> changes, unsigned seed,
                  MemoryStore& store) {
    std::mt19937 random{seed};
    std::shuffle(changes.begin(), changes.end(), random);
    for (std::size_t begin = 0; begin < changes.size();) {
        const std::size_t end = std::min(changes.size(), begin + 1 + random() % 200);
        Overlay overlay{store};
        Stager stager{*source.program, store, overlay};
        for (; begin < end; ++begin)
            stager.stage(changes[begin]);
        stager.finish();
        store.write(overlay.staged(), false);
    }
}

inline void check_equal(const Reader& loaded, const Reader& staged) {
    for (const Family family : {Family::images, Family::edges, Family::members}) {
        INFO(to_string(family));
        const bool equal = entries_of(loaded, family) == entries_of(staged, family);
        CHECK(equal);
        CHECK_FALSE(entries_of(staged, family).empty());
    }
    CHECK(entries_of(loaded, Family::meta, "count/") == entries_of(staged, Family::meta, "count/"));
}

}  // namespace crossfade::test
