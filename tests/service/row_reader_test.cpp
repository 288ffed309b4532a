// Rows read again by their keys, of a real server.
#include "service/row_reader.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

#include <cmath>

using namespace crossfade;
using namespace crossfade::test;

namespace {

ConnectionOptions options_of(const std::string& database) {
    return {.conninfo = Cluster::shared().conninfo(database),
            .application_name = "rows",
            .purpose = "source"};
}

SourceTransaction insert(std::uint32_t xid, Row row, std::uint32_t unsure) {
    SourceTransaction transaction;
    transaction.xid = xid;
    Change& change = transaction.changes.emplace_back();
    change.row = std::move(row);
    change.unsure = {unsure};
    return transaction;
}

std::uint32_t xid_of(const std::string& text) {
    return static_cast<std::uint32_t>(std::stoul(text));
}

}  // namespace

TEST_CASE("a snapshot shows what has ended before it", "[service]") {
    CHECK(shows_transaction("100:100:", 99));
    CHECK_FALSE(shows_transaction("100:100:", 100));
    CHECK_FALSE(shows_transaction("100:105:101,103", 103));
    CHECK(shows_transaction("100:105:101,103", 102));
    // Transactions are counted in 64 bits, and told in 32.
    CHECK(shows_transaction("4294967290:4294967300:4294967291", 2));
    CHECK_FALSE(shows_transaction("4294967290:4294967300:4294967298", 2));
    CHECK(shows_transaction("4294967290:4294967300:", 4294967295U));
    CHECK_FALSE(shows_transaction("4294967290:4294967300:", 4));
    CHECK_THROWS_AS(shows_transaction("", 4), Failure);
}

TEST_CASE("rows are found by keys of every kind, and sure if nobody else wrote them",
          "[service][postgres]") {
    const std::string database = Cluster::shared().create_database("rows");
    Connection server = Connection::open(options_of(database));
    server.exec(
        "CREATE SCHEMA \"a.b\"; CREATE DOMAIN word AS text; CREATE TYPE mood AS ENUM ('so la la', "
        "'well'); CREATE TABLE \"a.b\".\"t t\" (\"k 1\" word, at timestamptz, m mood, c char(4), "
        "b bytea, n numeric(9,2), d double precision, PRIMARY KEY (\"k 1\", at, m, c, b))");
    server.exec(
        "INSERT INTO \"a.b\".\"t t\" VALUES ('q\"\\,{} ''', '2024-02-29 12:00:00.5+02', 'so la la',"
        " 'ab', '\\x00ff', 'NaN', '-Infinity')");
    const std::uint32_t xid =
        xid_of(std::string{server.exec("SELECT xmin FROM \"a.b\".\"t t\"").text(0, 0)});
    Program program;
    program.relations.push_back({"a.b",
                                 "t t",
                                 {{"k 1", Type::text},
                                  {"at", Type::timestamptz},
                                  {"m", Type::text},
                                  {"c", Type::text, false, true},
                                  {"b", Type::bytes},
                                  {"n", Type::decimal},
                                  {"d", Type::real}},
                                 {0, 1, 2, 3, 4}});
    const Row row{Value{std::string{"q\"\\,{} '"}},
                  Value{Timestamp{1'709'200'800'500'000}},
                  Value{std::string{"so la la"}},
                  Value{std::string{"ab"}},
                  Value{Bytes{std::string{"\0\xff", 2}}},
                  Null{},
                  Null{}};
    RowReader reader{program, options_of(database)};
    KeyBytes key;
    for (std::size_t i = 0; i < 5; ++i)
        append_key(key, row[i]);
    const RowReads own = reader.read({insert(xid, row, 5)}, Lsn{});
    REQUIRE(own.contains({0, key}));
    const RowRead& read = own.at({0, key});
    REQUIRE(read.values.size() == 7);
    CHECK(read.sure);
    CHECK(is_absent(read.values[0]));
    CHECK(to_display(read.values[5]) == "NaN");
    CHECK(std::isinf(std::get<double>(read.values[6])));

    // Somebody else wrote it, or it is not there: sure only if the stream has come that far.
    const auto others = reader.read({insert(xid - 1, row, 5)}, Lsn{});
    CHECK_FALSE(others.at({0, key}).sure);
    CHECK(others.at({0, key}).until > Lsn{});
    CHECK(reader.read({insert(xid - 1, row, 5)}, Lsn{~std::uint64_t{0}}).at({0, key}).sure);
    server.exec("DELETE FROM \"a.b\".\"t t\"");
    CHECK(reader.read({insert(xid, row, 5)}, Lsn{}).at({0, key}).values.empty());
    CHECK(reader.read({}, Lsn{}).empty());
}

TEST_CASE("a row whose transaction is not shown yet is not read", "[service][postgres]") {
    const std::string database = Cluster::shared().create_database("rows");
    Connection server = Connection::open(options_of(database));
    server.exec("CREATE TABLE public.t (id bigint PRIMARY KEY, n numeric)");
    server.exec("BEGIN; INSERT INTO public.t VALUES (1, 'NaN')");
    const std::uint32_t xid =
        xid_of(std::string{server.exec("SELECT xmin FROM public.t").text(0, 0)});
    Program program;
    program.relations.push_back(
        {"public", "t", {{"id", Type::integer}, {"n", Type::decimal}}, {0}});
    RowReader reader{program, options_of(database)};
    const Row row{Value{std::int64_t{1}}, Null{}};
    CHECK_THROWS_AS(reader.read({insert(xid, row, 1)}, Lsn{}), Failure);
    server.exec("COMMIT");
    CHECK(reader.read({insert(xid, row, 1)}, Lsn{}).begin()->second.sure);
}
