// Rows that are to be read again, by the stager alone: which image stands, and what is kept aside.
#include "model/encoding.hpp"
#include "pipeline/position.hpp"
#include "pipeline/stager.hpp"
#include "pipeline/work_queue.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "tests/support/catch.hpp"

#include <limits>

namespace crossfade::test {
namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

// t(id, d, s), and nothing that reads it.
class Table {
public:
    Table() {
        program_.relations.push_back(
            {"public", "t", {{"id", Type::integer}, {"d", Type::real}, {"s", Type::text}}, {0}});
    }
    const Program& program() const { return program_; }
    Store& store() { return store_; }

    static KeyBytes key(std::int64_t id) { return encode_key(Value{id}); }
    static RowId row(std::int64_t id) { return {0, key(id)}; }
    static Change insert(std::int64_t id, Value d, std::string s = "x") {
        Change change;
        change.row = {Value{id}, d, Value{std::move(s)}};
        if (is_null(d)) change.unsure = {1};
        return change;
    }
    static Change update(std::int64_t id, Value d, std::string s = "x",
                         std::optional<std::int64_t> from = {}) {
        Change change = insert(id, std::move(d), std::move(s));
        change.operation = Operation::update;
        if (from) change.old_key = {Value{*from}};
        return change;
    }
    static Change remove(std::int64_t id) {
        Change change;
        change.operation = Operation::remove;
        change.old_key = {Value{id}};
        return change;
    }
    static Change truncate() {
        Change change;
        change.operation = Operation::truncate;
        return change;
    }
    static RowRead sure(Value d) { return {{Absent{}, std::move(d), Absent{}}, true, {}}; }
    static RowRead unsure(Value d) { return {{Absent{}, std::move(d), Absent{}}, false, Lsn{900}}; }
    static RowRead gone() { return {{}, false, Lsn{900}}; }

    void apply(const std::vector<Change>& changes, RowReads reads = {}, Lsn birth = Lsn{100}) {
        run([&](Stager& stager) {
            stager.read_again(std::move(reads));
            for (const Change& change : changes)
                stager.stage(change);
            stager.end_transaction();
            stager.finish(birth);
        });
    }
    // The stream has come to where the rows were read.
    void settle() {
        run([&](Stager& stager) {
            std::vector<std::pair<RowId, Row>> rows;
            scan_unread(program_, store_, [&](const RowId& id, const UnreadRow& row) {
                rows.emplace_back(id, row.values);
                return true;
            });
            for (const auto& [id, values] : rows)
                stager.settle_unread(id, values);
            stager.finish();
        });
    }
    // The images, then those that are unread.
    std::string images() const {
        std::string text;
        store_.scan(Family::images, {}, {}, [&](std::string_view, std::string_view bytes) {
            text += shown(decode_row(bytes));
            return true;
        });
        return text;
    }
    std::string unread() const {
        std::string text;
        scan_unread(program_, store_, [&](const RowId&, const UnreadRow& row) {
            text += shown(row.row);
            return true;
        });
        return text;
    }
    Lsn settled() {
        WriteSet set;
        Position position = read_position(store_);
        position.applied = EndLsn{Lsn{500}};
        write_position(set, position);
        store_.write(set, false);
        return settled_lsn(store_).lsn;
    }

private:
    static std::string shown(const Row& row) {
        std::string text;
        for (const Value& value : row)
            text += is_null(value) ? "- " : to_display(value) + " ";
        text.back() = ';';
        return text;
    }
    template <class Work>
    void run(const Work& work) {
        Overlay staged{store_};
        Stager stager{program_, store_, staged, 2};
        work(stager);
        store_.write(staged.staged(), false);
    }

    Program program_;
    MemoryStore store_;
};
using T = Table;

}  // namespace

TEST_CASE("the rows to be read are those that lack a value, each with who changed it last",
          "[pipeline]") {
    Table table;
    SourceTransaction first;
    first.xid = 7;
    first.changes = {T::insert(1, Null{}), T::insert(2, Null{}), T::insert(3, 1.5)};
    SourceTransaction second;
    second.xid = 8;
    second.changes = {T::update(2, Null{}), T::update(4, Null{}, "x", 1)};
    CHECK(unsure_rows(table.program(), {first, second}) ==
          std::map<RowId, std::uint32_t>{{T::row(1), 7}, {T::row(2), 8}, {T::row(4), 8}});
}

TEST_CASE("a value that is sure is taken in, and nothing is open", "[pipeline]") {
    Table table;
    table.apply({T::insert(1, Null{}), T::insert(2, Null{})},
                {{T::row(1), T::sure(kNaN)}, {T::row(2), T::sure(Null{})}});
    CHECK(table.images() == "1 NaN x;2 - x;");
    CHECK(table.unread().empty());
    CHECK(table.settled() == Lsn{500});
}

TEST_CASE("a row that is not sure stays as it was, until somebody tells", "[pipeline]") {
    Table table;
    table.apply({T::insert(1, 3.0)});
    const RowRead read = GENERATE(T::unsure(5.0), T::unsure(kNaN), T::unsure(Null{}), T::gone());
    CAPTURE(read.values.size());
    table.apply({T::update(1, Null{}, "y"), T::insert(2, Null{}, "y")},
                {{T::row(1), read}, {T::row(2), read}});
    CHECK(table.images() == "1 3 x;");
    CHECK(table.unread() == "1 - y;2 - y;");
    CHECK(table.settled() == Lsn{99});

    SECTION("a later change brings its own") {
        table.apply({T::update(1, 5.0, "z"), T::update(2, Null{}, "z")},
                    {{T::row(2), T::sure(kNaN)}});
        CHECK(table.images() == "1 5 z;2 NaN z;");
    }
    SECTION("it goes") {
        table.apply({T::remove(1), T::remove(2)});
        CHECK(table.images().empty());
    }
    SECTION("it moves to another key") {
        table.apply({T::update(8, Null{}, "z", 1), T::update(9, Null{}, "z", 2)},
                    {{T::row(8), T::sure(kNaN)}, {T::row(9), T::sure(Null{})}});
        CHECK(table.images() == "8 NaN z;9 - z;");
    }
    SECTION("the table is emptied") {
        table.apply({T::truncate(), T::insert(1, 4.0)});
        CHECK(table.images() == "1 4 x;");
    }
    SECTION("another row comes to its key") {
        table.apply({T::remove(1), T::insert(1, 4.0), T::remove(2), T::insert(2, Null{})},
                    {{T::row(2), T::sure(kNaN)}});
        CHECK(table.images() == "1 4 x;2 NaN x;");
    }
    CHECK(table.unread().empty());
    CHECK(table.settled() == Lsn{500});
}

TEST_CASE("a row that nothing changed is taken in as it was read", "[pipeline]") {
    Table table;
    table.apply({T::insert(1, 3.0)});
    table.apply({T::update(1, Null{}, "y"), T::insert(2, Null{}, "y")},
                {{T::row(1), T::unsure(kNaN)}, {T::row(2), T::unsure(Null{})}});
    table.settle();
    CHECK(table.images() == "1 NaN y;2 - y;");
    CHECK(table.unread().empty());
    // That the row is nowhere would be a change that nobody told.
    table.apply({T::insert(3, Null{})}, {{T::row(3), T::gone()}});
    CHECK_THROWS_AS(table.settle(), Failure);
}

TEST_CASE("a row that is not sure and was read as it stands is shown at once", "[pipeline]") {
    Table table;
    const Value value = GENERATE(Value{Null{}}, Value{kNaN});
    table.apply({T::insert(1, Null{})}, {{T::row(1), T::sure(value)}});
    // It changes all the time, and always the next writer is seen.
    for (std::uint64_t birth = 200; birth < 205; ++birth) {
        table.apply({T::update(1, Null{}, std::to_string(birth))}, {{T::row(1), T::unsure(value)}},
                    Lsn{birth});
        CHECK(table.images() == "1 " + (is_null(value) ? "-" : to_display(value)) + " " +
                                    std::to_string(birth) + ";");
        CHECK(table.settled() == Lsn{birth - 1});  // open all the same
    }
    table.settle();
    CHECK(table.settled() == Lsn{500});
}

TEST_CASE("a row that is changed again before it is known is as old as its first change",
          "[pipeline]") {
    Table table;
    table.apply({T::insert(1, 3.0)});
    table.apply({T::update(1, Null{}, "y")}, {{T::row(1), T::gone()}}, Lsn{200});
    table.apply({T::update(1, Null{}, "z")}, {{T::row(1), T::gone()}}, Lsn{300});
    CHECK(table.images() == "1 3 x;");
    CHECK(table.unread() == "1 - z;");
    CHECK(table.settled() == Lsn{199});
}

TEST_CASE("rows that pass through a key are told apart although NaN is told as null",
          "[pipeline]") {
    Table table;
    table.apply({T::insert(1, 1.0), T::insert(2, Null{})}, {{T::row(2), T::sure(kNaN)}});
    // UPDATE t SET id = id + 1, REPLICA IDENTITY FULL
    Change first = T::update(2, 1.0, "x", 1);
    first.old_row = {Value{std::int64_t{1}}, Value{1.0}, Value{std::string{"x"}}};
    Change second = T::update(3, Null{}, "x", 2);
    second.old_row = {Value{std::int64_t{2}}, Null{}, Value{std::string{"x"}}};
    table.apply({first, second}, {{T::row(3), T::sure(kNaN)}});
    CHECK(table.images() == "2 1 x;3 NaN x;");
}

TEST_CASE("rows are kept aside by the columns that the mapping reads", "[pipeline]") {
    Table table;
    table.apply({T::insert(1, Null{})}, {{T::row(1), T::gone()}});
    Program other = table.program();
    other.relations[0].columns.pop_back();
    const auto scan = [&](const Program& program) {
        scan_unread(program, table.store(), [](const RowId&, const UnreadRow&) { return true; });
    };
    CHECK_NOTHROW(scan(table.program()));
    CHECK_THROWS_AS(scan(other), Failure);
}

TEST_CASE("rows of a table that is not mapped any more are no work", "[pipeline]") {
    Table table;
    table.apply({T::insert(1, Null{})}, {{T::row(1), T::gone()}});
    const auto drop = [&](const Program& program) {
        Overlay staged{table.store()};
        const bool any = drop_unmapped(program, staged);
        table.store().write(staged.staged(), false);
        return any;
    };
    CHECK_FALSE(drop(table.program()));
    CHECK(count_unread(table.store()) == 1);
    Program other = table.program();
    other.relations[0].name = "other";
    CHECK(drop(other));
    CHECK(count_unread(table.store()) == 0);
    CHECK(table.settled() == Lsn{500});
}

}  // namespace crossfade::test
