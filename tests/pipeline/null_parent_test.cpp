// `missing: null`: a reference that is NULL gives NULL, one whose parent is not there waits.
#include "tests/pipeline/model_target.hpp"
#include "tests/support/catch.hpp"

#include "pipeline/batch.hpp"
#include "pipeline/stager.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"

namespace crossfade::test {
namespace {

CatalogTable table(const std::string& name, const std::vector<std::string>& numbers) {
    CatalogTable table;
    table.name = name;
    for (const std::string& column : numbers)
        table.columns.push_back({column, Type::integer, "bigint", true, false});
    table.primary_key = {"id"};
    table.identity_key = {"id"};
    return table;
}

// Spots are groups of the rows of `place` by (hall, shelf); things refer to boxes and spots.
class World {
public:
    explicit World(const std::string& parent, const std::string& lookups = "") {
        const std::string yaml =
            "version: 1\nnamespace: 549b22fb-a5c3-5d16-94b0-27e90695449f\nentities:\n"
            "  boxes: {target: public.boxes, root: {row: box}, id: \"'b/' || box.id\","
            " exists: box.active = 1, columns: {a: box.id}}\n"
            "  spots:\n    target: public.spots\n"
            "    root: {group: {p: {from: place, key: [hall, shelf]}}}\n"
            "    id: \"concat('s/', text(key.hall), '/', text(key.shelf))\"\n"
            "    columns: {n: count(p)}\n"
            "  things:\n    target: public.things\n    root: {row: thing, as: t}\n"
            "    id: \"'t/' || t.id\"\n" +
            lookups + "    parents: {up: " + parent + "}\n    columns: {a: t.id}\n";
        Findings findings;
        const auto mapping = parse_mapping(yaml, "null.yaml", findings);
        INFO((findings.empty() ? "" : findings.front().format()));
        REQUIRE(mapping);
        std::map<std::string, CatalogTable> catalog;
        for (const CatalogTable& entry :
             {table("box", {"id", "active"}), table("place", {"id", "hall", "shelf"}),
              table("note", {"id", "box_id"}),
              table("thing", {"id", "box_id", "hall", "shelf", "note_id"})})
            catalog["public." + entry.name] = entry;
        program_ = compile(*mapping, catalog, findings);
        INFO((findings.empty() ? "" : findings.front().format()));
        REQUIRE(program_);
        target_ = std::make_unique<ModelTarget>(*program_);
    }

    using Values = std::map<std::string, std::int64_t>;
    // What is not given is NULL.
    void put(const std::string& relation, const Values& values) {
        change(relation, Operation::insert, values);
    }
    void set(const std::string& relation, const Values& values) {
        change(relation, Operation::update, values);
    }
    void remove(const std::string& relation, std::int64_t id) {
        change(relation, Operation::remove, {{"id", id}});
    }

    // What became of thing 1: "no row", "null" or "a parent", and its state and flags.
    std::string thing() const {
        const EntityIndex things = program_->find_entity("things");
        std::string text = "no row";
        for (const auto& [id, row] : target_->table(things)) {
            if (!(row[1] == Value{std::int64_t{1}})) continue;
            text = is_null(row[0]) ? "null" : "a parent";
        }
        const auto bytes =
            state_.get(Family::derived, keys::root(things, encode_key({std::int64_t{1}})));
        if (!bytes) return text;
        const DerivedRecord record = DerivedRecord::decode(*bytes);
        text += ", " + std::string{to_string(record.state)};
        for (const std::string& flag : record.flags)
            text += " " + flag;
        return text;
    }

private:
    void change(const std::string& relation, Operation operation, const Values& values) {
        const RelationIndex index = program_->find_relation(relation);
        if (index == kNone) return;  // this mapping does not read it
        Change change;
        change.relation = index;
        change.operation = operation;
        for (const MappedColumn& column : program_->relations[index].columns) {
            const auto given = values.find(column.name);
            change.row.push_back(given == values.end() ? Value{Null{}} : Value{given->second});
        }
        if (operation == Operation::remove) change.old_key = {values.at("id")};
        Batch batch{*program_, state_, {}};
        batch.stage({change});
        batch.close(EndLsn{Lsn{lsn_ += 8}});
        commit(batch);
        for (bool more = true; more;) {
            Batch work{*program_, state_, {}};
            more = work.add_work();
            if (more) commit(work);
        }
    }

    void commit(Batch& batch) {
        const BatchAnswer answer = target_->execute(batch.derive());
        REQUIRE(answer.ready());
        batch.accept(answer);
        state_.write(batch.changes(read_position(state_)), true);
    }

    std::shared_ptr<const Program> program_;
    std::unique_ptr<ModelTarget> target_;
    MemoryStore state_;
    std::uint64_t lsn_ = 0;
};

}  // namespace

TEST_CASE("missing: null writes NULL for a NULL reference and parks one whose parent is not there",
          "[pipeline]") {
    World world{"{of: boxes, root: t.box_id, missing: null}"};
    world.put("thing", {{"id", 1}});
    CHECK(world.thing() == "null, applied");
    world.set("thing", {{"id", 1}, {"box_id", 7}});
    CHECK(world.thing() == "null, parked");  // its last good row stands
    world.put("box", {{"id", 7}, {"active", 1}});
    CHECK(world.thing() == "a parent, applied");
    world.set("thing", {{"id", 1}});
    CHECK(world.thing() == "null, applied");
}

TEST_CASE("missing: null parks a row whose parent is there but has no row of its own",
          "[pipeline]") {
    World world{"{of: boxes, root: t.box_id, missing: null}"};
    world.put("box", {{"id", 7}});  // filtered
    world.put("thing", {{"id", 1}, {"box_id", 7}});
    CHECK(world.thing() == "no row, parked");
    world.set("box", {{"id", 7}, {"active", 1}});
    CHECK(world.thing() == "a parent, applied");
    world.set("box", {{"id", 7}});  // and goes, with what refers to it
    CHECK(world.thing() == "no row, parked");
    world.set("thing", {{"id", 1}});
    CHECK(world.thing() == "null, applied");
}

TEST_CASE("missing: park parks a NULL reference too, and missing: detach parks none",
          "[pipeline]") {
    const auto after = [](const std::string& missing, const World::Values& thing) {
        World world{"{of: boxes, root: t.box_id" + missing + "}"};
        world.put("thing", thing);
        return world.thing();
    };
    CHECK(after("", {{"id", 1}}) == "no row, parked");
    CHECK(after(", missing: park", {{"id", 1}}) == "no row, parked");
    CHECK(after(", missing: detach", {{"id", 1}}) == "null, applied");
    CHECK(after(", missing: detach", {{"id", 1}, {"box_id", 7}}) == "null, applied missing_parent");
}

TEST_CASE("a list of parts is a NULL reference if a part is NULL and no parent has this very key",
          "[pipeline]") {
    World world{"{of: spots, root: [t.hall, t.shelf], missing: null, gone: detach}"};
    world.put("thing", {{"id", 1}});
    CHECK(world.thing() == "null, applied");
    world.set("thing", {{"id", 1}, {"hall", 3}});
    CHECK(world.thing() == "null, applied");
    SECTION("a group keeps NULL as a key: it is the parent once it is there") {
        world.put("place", {{"id", 1}, {"hall", 3}});
        CHECK(world.thing() == "a parent, applied");
        world.remove("place", 1);
        CHECK(world.thing() == "null, applied");
    }
    SECTION("without a NULL it waits for its parent") {
        world.set("thing", {{"id", 1}, {"hall", 3}, {"shelf", 4}});
        CHECK(world.thing() == "null, parked");
        world.put("place", {{"id", 1}, {"hall", 3}, {"shelf", 4}});
        CHECK(world.thing() == "a parent, applied");
    }
}

TEST_CASE("a parent whose key has a NULL part frees who waits for it, whoever comes first",
          "[pipeline]") {
    World world{"{of: spots, root: [t.hall, t.shelf], missing: park}"};
    const bool parent_first = GENERATE(false, true);
    if (parent_first) world.put("place", {{"id", 1}, {"hall", 3}});
    world.put("thing", {{"id", 1}, {"hall", 3}});
    if (!parent_first) {
        CHECK(world.thing() == "no row, parked");
        world.put("place", {{"id", 1}, {"hall", 3}});
    }
    CHECK(world.thing() == "a parent, applied");
    world.remove("place", 1);
    CHECK(world.thing() == "no row, parked");
}

TEST_CASE(
    "a parent given by a row is NULL if the look-up has no key, and waits for a row not found",
    "[pipeline]") {
    World world{"{of: boxes, row: \"box[t.box_id]\", missing: null}"};
    world.put("thing", {{"id", 1}});
    CHECK(world.thing() == "null, applied");
    world.set("thing", {{"id", 1}, {"box_id", 7}});
    CHECK(world.thing() == "null, parked");
    world.put("box", {{"id", 7}});
    CHECK(world.thing() == "null, parked");
    world.set("box", {{"id", 7}, {"active", 1}});
    CHECK(world.thing() == "a parent, applied");
}

TEST_CASE("of several rows that may be the parent, one with a key is enough to wait for",
          "[pipeline]") {
    const std::string rows = GENERATE("coalesce(box[t.box_id], box[t.hall])",  //
                                      "coalesce(box[t.hall], box[t.box_id])");
    World world{"{of: boxes, row: \"" + rows + "\", missing: null}"};
    world.put("thing", {{"id", 1}});
    CHECK(world.thing() == "null, applied");
    world.set("thing", {{"id", 1}, {"box_id", 7}});
    CHECK(world.thing() == "null, parked");
    world.put("box", {{"id", 7}, {"active", 1}});
    CHECK(world.thing() == "a parent, applied");
    world.set("thing", {{"id", 1}, {"hall", 8}});
    CHECK(world.thing() == "a parent, parked");
}

TEST_CASE("a NULL that comes from a row not found is a NULL reference, until the row is there",
          "[pipeline]") {
    World world{"{of: boxes, root: n.box_id, missing: null}",
                "    lookups: {n: \"note[t.note_id]\"}\n"};
    world.put("thing", {{"id", 1}, {"note_id", 5}});
    CHECK(world.thing() == "null, applied");
    world.put("note", {{"id", 5}, {"box_id", 7}});
    CHECK(world.thing() == "null, parked");
    world.put("box", {{"id", 7}, {"active", 1}});
    CHECK(world.thing() == "a parent, applied");
}

}  // namespace crossfade::test
