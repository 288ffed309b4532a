#include "tests/verify/shop_bridge.hpp"

#include "model/encoding.hpp"
#include "postgres/catalog.hpp"
#include "postgres/codec.hpp"
#include "postgres/quote.hpp"
#include "state/keys.hpp"
#include "target/schema.hpp"
#include "transforms/mapping.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace crossfade::test {

namespace {

constexpr std::string_view kSlot = "shop";

std::string file_text(const std::string& name) {
    std::ifstream file{std::string{CROSSFADE_SOURCE_DIR} + "/tests/mappings/" + name};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || text.str().empty()) throw std::runtime_error{"cannot read " + name};
    return text.str();
}

ConnectionOptions options(const std::string& database, const char* purpose) {
    return {.conninfo = Cluster::shared().conninfo(database),
            .application_name = "verify test",
            .purpose = purpose};
}

std::shared_ptr<const Program> compile_shop(const std::string& source) {
    Findings findings;
    const auto mapping = parse_mapping(file_text("shop.yaml"), "shop.yaml", findings);
    std::shared_ptr<const Program> program;
    if (mapping) {
        Connection connection = Connection::open(options(source, "source"));
        std::map<std::string, CatalogTable> tables;
        for (const std::string& name : relations_of(*mapping)) {
            const auto dot = name.find('.');
            const auto table = read_table(connection, name.substr(0, dot), name.substr(dot + 1));
            if (table) tables.emplace(name, *table);
        }
        program = compile(*mapping, tables, findings);
    }
    std::string text;
    for (const Finding& finding : findings)
        text += finding.format() + "\n";
    if (!program) throw std::runtime_error{text};
    return program;
}

}  // namespace

ShopBridge::ShopBridge()
    : source_{Cluster::shared().create_database("source")},
      target_{Cluster::shared().create_database("target")} {
    source(file_text("shop/source.sql"));
    source(file_text("shop/change.sql"));
    target(file_text("shop/target.sql"));
    program_ = compile_shop(source_);
    for (const EntityProgram& entity : program_->entities)
        specs_.push_back(entity.target);
    state_ = RocksStore::open(directory_ / "state");
    target_connection_ = std::make_unique<Connection>(Connection::open(options(target_, "target")));
    ensure_schema(*target_connection_);
    insert_progress(*target_connection_, std::string{kSlot},
                    {.batch = 0, .end = {}, .source_system = "7"});
    writer_ = std::make_unique<TargetWriter>(
        *target_connection_, specs_,
        WriterOptions{.slot = std::string{kSlot}, .origin = "", .merge_rows = 50});
    road_ = std::make_unique<Road>(*program_, *state_, BatchLimits{});
    road_->recover(read_progress(*target_connection_, std::string{kSlot}));
}

ShopBridge::Rows ShopBridge::read_rows(Connection& connection, RelationIndex index) {
    const MappedRelation& relation = program_->relations[index];
    std::string columns;
    for (const MappedColumn& column : relation.columns)
        columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name) + "::text";
    const QueryResult result = connection.exec("SELECT " + columns + " FROM " +
                                               quote_table(relation.schema, relation.name));
    Rows rows;
    for (int r = 0; r < result.rows(); ++r) {
        Row row;
        for (int c = 0; c < result.columns(); ++c) {
            const MappedColumn& column = relation.columns[static_cast<std::size_t>(c)];
            if (column.secret) {
                row.push_back(result.is_null(r, c) ? fingerprinter_(std::nullopt)
                                                   : fingerprinter_(result.text(r, c)));
            } else {
                row.push_back(result.is_null(r, c)
                                  ? Value{Null{}}
                                  : parse_value(column.type, result.text(r, c)).value());
            }
        }
        KeyBytes key;
        for (const std::uint32_t position : relation.key)
            append_key(key, row[position]);
        rows.emplace(std::move(key), std::move(row));
    }
    return rows;
}

// The changes that make the images of `store` the rows of the source.
std::vector<Change> ShopBridge::changes_since(Connection& connection, const Store& store) {
    std::vector<Change> changes;
    for (RelationIndex r = 0; r < program_->relations.size(); ++r) {
        Rows images;
        const std::string prefix = keys::image_prefix(r);
        store.scan(Family::images, prefix, {}, [&](std::string_view key, std::string_view bytes) {
            images.emplace(key.substr(prefix.size()), decode_row(bytes));
            return true;
        });
        for (const auto& [key, row] : read_rows(connection, r)) {
            const auto image = images.extract(key);
            if (image && image.mapped() == row) continue;
            changes.push_back({.operation = image ? Operation::update : Operation::insert,
                               .relation = r,
                               .row = row,
                               .old_key = {}});
        }
        for (const auto& [key, row] : images) {
            changes.push_back({.operation = Operation::remove,
                               .relation = r,
                               .row = {},
                               .old_key = decode_key(key)});
        }
    }
    return changes;
}

EndLsn ShopBridge::source_position() {
    return EndLsn{
        Lsn::parse(Cluster::shared().value(source_, "SELECT pg_current_wal_insert_lsn()")).value()};
}

void ShopBridge::sync() {
    Connection connection = Connection::open(options(source_, "source"));
    connection.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
    // Behind what was applied, also if the source has written no WAL since.
    const Lsn end{
        std::max(source_position().lsn.offset(), road_->position().applied.lsn.offset() + 16)};
    SourceTransaction transaction;
    transaction.commit = CommitLsn{Lsn{end.offset() - 8}};
    transaction.end = EndLsn{end};
    transaction.changes = changes_since(connection, *state_);
    road_->apply(*writer_, {transaction});
    drain();
}

void ShopBridge::drain() {
    while (road_->work(*writer_)) {
    }
}

void ShopBridge::fill_deferred() {
    Connection connection = Connection::open(options(source_, "source"));
    for (const WorkItem& item : deferred_work(*state_, 10'000)) {
        StateView view{*program_, *state_};
        const auto place = secret_place(*program_, item.entity, item.key, item.column, view);
        Value value{Null{}};
        if (place && !is_null(place->fingerprint)) {
            const MappedRelation& relation = program_->relations[place->relation];
            const QueryResult plain =
                connection.exec("SELECT " + quote_identifier(place->column) + " FROM " +
                                    quote_table(relation.schema, relation.name) + " WHERE id = $1",
                                Params{display_key(place->row)});
            const Value text{std::string{plain.text(0, 0)}};
            auto filled = deferred_value(*program_, item.entity, item.key, item.column, text,
                                         std::string(16, 's'), view);
            if (filled) value = *filled;
        }
        road_->fill(*writer_, {{item, value}});
    }
}

void ShopBridge::repair(const std::vector<RootRef>& roots) {
    road_->derive_roots(*writer_, roots);
    drain();
}

std::shared_ptr<const Reader> ShopBridge::copy_of_state() {
    const auto copy = directory_.path() / ("copy" + std::to_string(++copies_));
    state_->checkpoint(copy);
    return RocksStore::open(copy);
}

Verification ShopBridge::verify(const std::function<void()>& meanwhile,
                                std::set<std::string> entities) {
    Connection exporter = Connection::open(options(source_, "source"));
    VerifyCallbacks callbacks;
    callbacks.open_snapshot = [&] {
        exporter.exec("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        const QueryResult name = exporter.exec("SELECT pg_export_snapshot()");
        return SourceSnapshot{std::string{name.text(0, 0)}, source_position()};
    };
    callbacks.hold = [&](const SourceSnapshot&) { return copy_of_state(); };
    callbacks.release = meanwhile;
    callbacks.load_images = [&](RocksStore& scratch, const SourceSnapshot& snapshot) {
        Connection reader = Connection::open(options(source_, "source"));
        reader.exec("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        reader.exec("SET TRANSACTION SNAPSHOT " + quote_literal(snapshot.name));
        Batch batch{*program_, scratch, {}};
        batch.stage(changes_since(reader, scratch));
        batch.close(snapshot.point);
        scratch.write(batch.changes({}), false);
    };
    callbacks.close_snapshot = [&] { exporter.exec("COMMIT"); };
    VerifyOptions verify_options{.source = options(source_, "source"),
                                 .target = options(target_, "target"),
                                 .slot = std::string{kSlot},
                                 .scratch = directory_ / "scratch",
                                 .entities = std::move(entities)};
    if (!role_.empty()) verify_options.target.conninfo += " user=" + role_;
    return crossfade::verify(*program_, verify_options, callbacks,
                             [](std::string_view, std::uint64_t, std::uint64_t) {});
}

}  // namespace crossfade::test
