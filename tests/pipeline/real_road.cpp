#include "tests/pipeline/real_road.hpp"

#include "target/schema.hpp"

#include <stdexcept>

namespace crossfade::test {

namespace {
constexpr const char* kMapping = R"(version: 1
namespace: 549b22fb-a5c3-5d16-94b0-27e90695449f
entities:
  items:
    target: public.items
    root: {row: item, as: i}
    id: "'item/' || i.id"
    columns: {word: i.word, mark: "mark[i.mark_id].name"}
  labels:
    target: public.labels
    root: {group: {i: {from: item, key: label}, m: {from: mark, key: id}}}
    id: "'label/' || key.label"
    columns: {items: count(i), marks: count(m)}
)";

constexpr const char* kTarget =
    "CREATE TABLE items (id uuid PRIMARY KEY, word text, mark text);"
    "CREATE TABLE labels (id uuid PRIMARY KEY, items bigint, marks bigint);";

std::map<std::string, CatalogTable> catalog() {
    std::map<std::string, CatalogTable> tables;
    CatalogTable& item = tables["public.item"];
    item.name = "item";
    item.columns = {{"id", Type::integer, "bigint"},
                    {"word", Type::text, "text"},
                    {"label", Type::integer, "bigint"},
                    {"mark_id", Type::integer, "bigint"}};
    CatalogTable& mark = tables["public.mark"];
    mark.name = "mark";
    mark.columns = {{"id", Type::integer, "bigint"}, {"name", Type::text, "text"}};
    for (auto& [name, table] : tables)
        table.primary_key = table.identity_key = {"id"};
    return tables;
}
}  // namespace

std::shared_ptr<const Program> RealRoad::compiled() {
    Findings findings;
    const auto mapping = parse_mapping(kMapping, "items.yaml", findings);
    const auto program = mapping ? compile(*mapping, catalog(), findings) : nullptr;
    if (!program) throw std::runtime_error{findings.front().format()};
    if (program->find_relation("item") != kItem || program->find_relation("mark") != kMark ||
        program->find_entity("items") != kItems || program->find_entity("labels") != kLabels)
        throw std::runtime_error{"the numbers of relations and entities are others"};
    return program;
}
RealRoad::RealRoad(BatchLimits limits)
    : program_{compiled()},
      limits_{limits},
      rocks_{RocksStore::open(folder_ / "state")},
      store_{*rocks_},
      database_{Cluster::shared().create_database("items")} {
    for (const EntityProgram& entity : program_->entities)
        specs_.push_back(entity.target);
    Cluster::shared().execute(database_, kTarget);
    ConnectionOptions options;
    options.conninfo = Cluster::shared().conninfo(database_);
    options.application_name = "pipeline test";
    options.purpose = "target";
    connection_ = std::make_unique<Connection>(Connection::open(options));
    ensure_schema(*connection_);
    TargetProgress progress;
    progress.source_system = "7";
    insert_progress(*connection_, "items", progress);
    WriterOptions writer;
    writer.slot = "items";
    writer.merge_rows = 50;
    writer_ = std::make_unique<TargetWriter>(*connection_, specs_, writer);
    restart();
}

void RealRoad::restart() {
    road_ = std::make_unique<Road>(*program_, store_, limits_);
    road_->recover(read_progress(*connection_, "items"));
}

namespace {
// Positions of columns are as the mapping came to name them.
Change inserted(RelationIndex index, std::map<std::string, Value> values) {
    static const auto program = RealRoad::compiled();
    Change change;
    change.relation = index;
    for (const MappedColumn& column : program->relations[index].columns)
        change.row.push_back(values.at(column.name));
    return change;
}
}  // namespace

Change RealRoad::item(std::int64_t id, const std::string& word, std::int64_t label,
                      std::int64_t mark) {
    return inserted(kItem, {{"id", id}, {"word", word}, {"label", label}, {"mark_id", mark}});
}

Change RealRoad::mark(std::int64_t id, const std::string& name) {
    return inserted(kMark, {{"id", id}, {"name", name}});
}

Change RealRoad::update(Change inserted) {
    inserted.operation = Operation::update;
    return inserted;
}

Change RealRoad::remove(RelationIndex relation, std::int64_t id) {
    Change change;
    change.relation = relation;
    change.operation = Operation::remove;
    change.old_key = {id};
    return change;
}

Change RealRoad::truncate(RelationIndex relation) {
    Change change;
    change.relation = relation;
    change.operation = Operation::truncate;
    return change;
}

SourceTransaction RealRoad::transaction(std::vector<Change> changes) {
    SourceTransaction transaction;
    transaction.commit = CommitLsn{Lsn{lsn_ += 8}};
    transaction.end = EndLsn{Lsn{lsn_ += 8}};
    transaction.changes = std::move(changes);
    return transaction;
}

std::vector<SourceTransaction> RealRoad::slices(const SourceTransaction& whole, std::size_t size) {
    std::vector<SourceTransaction> slices;
    const auto& changes = whole.changes;
    for (std::size_t from = 0; from < changes.size(); from += size) {
        const std::size_t to = std::min(from + size, changes.size());
        SourceTransaction slice;
        slice.commit = whole.commit;
        slice.first_ordinal = from;
        slice.last_slice = to == changes.size();
        if (slice.last_slice) slice.end = whole.end;
        slice.changes.assign(changes.begin() + static_cast<std::ptrdiff_t>(from),
                             changes.begin() + static_cast<std::ptrdiff_t>(to));
        slices.push_back(std::move(slice));
    }
    return slices;
}

std::size_t RealRoad::work() {
    std::size_t batches = 0;
    while (work_once())
        ++batches;
    return batches;
}

std::string RealRoad::account(EntityIndex entity) const {
    std::int64_t sum = 0;
    for (const char* what : {"applied", "merged", "filtered", "parked", "rejected"})
        sum += counter(entity, what);
    const std::int64_t source = counter(entity, "source");
    return std::to_string(source) + " rows, " + std::to_string(source - sum) + " pending";
}

}  // namespace crossfade::test
