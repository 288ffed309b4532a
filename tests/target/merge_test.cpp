// Many new rows go through COPY and a merge: another way, the same rows.
#include "tests/target/target_fixture.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

const char* const kTables =
    "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('fine', 'bad');"
    "CREATE DOMAIN short AS varchar(20) CHECK (VALUE <> 'no');"
    "CREATE TABLE every (id uuid PRIMARY KEY, flag bool, small int2, number int4, big int8, amount "
    "numeric(12,3),"
    " free numeric, real4 float4, real8 float8, word text, brief varchar(40), padded char(6), mail "
    "citext,"
    " mood mood, limited short, up uuid REFERENCES every, day date, at timestamptz, local "
    "timestamp(3), clock time,"
    " extra jsonb, raw json, bytes bytea, address inet, high int8)";

std::vector<TargetSpec> every() {
    TargetSpec table = spec("every", {});
    for (const char* name :
         {"flag", "small", "number", "big", "amount", "free", "real4", "real8", "word", "brief",
          "padded", "mail", "mood", "limited", "up", "day", "at", "local", "clock"}) {
        table.columns.push_back(column(name));
    }
    table.columns.push_back(json_column("extra", {"a", "b"}));
    for (const char* name : {"raw", "bytes", "address"})
        table.columns.push_back(column(name));
    table.columns.push_back(column("high", Owner::at_least));
    return {table};
}

std::string random_text(std::mt19937& random, std::size_t longest) {
    static const std::vector<std::string> kPieces{
        "a", "Z", " ", "\t", "\n", "\\", "\"", "'", "ə", "日本", "\x7F", "{", "\xF0\x9F\x98\x80"};
    std::string text;
    for (std::size_t i = random() % (longest + 1); i > 0; --i)
        text += kPieces[random() % kPieces.size()];
    return text;
}

std::vector<Value> random_row(std::mt19937& random, std::uint64_t id) {
    const auto decimal = [&](int scale) {
        const auto whole = static_cast<std::int64_t>(random() % 100'000'000) - 50'000'000;
        return Decimal::divide(Decimal{whole}, Decimal{1000}, 3).value().round(scale);
    };
    const auto micros = static_cast<std::int64_t>(random()) * 500'003 - 400'000'000'000'000;
    std::vector<Value> row{random() % 2 == 0,
                           static_cast<std::int64_t>(random() % 65536) - 32768,
                           static_cast<std::int64_t>(random()) - (std::int64_t{1} << 31),
                           static_cast<std::int64_t>(std::uint64_t{random()} << 32 | random()),
                           decimal(5),
                           decimal(static_cast<int>(random() % 8)),
                           static_cast<double>(static_cast<float>(random()) / 3.0F),
                           static_cast<double>(random()) / 7.0 * (random() % 2 == 0 ? 1e-12 : -1e9),
                           random_text(random, 30),
                           random_text(random, 10),
                           std::string{random() % 2 == 0 ? "ab" : "ab    "},
                           random_text(random, 8),
                           std::string{random() % 2 == 0 ? "fine" : "bad"},
                           std::string{random() % 2 == 0 ? "one" : ""},
                           uuid(1 + random() % id),
                           Date{static_cast<std::int32_t>(random() % 200'000) - 100'000},
                           Timestamp{micros},
                           Timestamp{micros},
                           TimeOfDay{static_cast<std::int64_t>(random() % 86'400) * 1'000'000 +
                                     static_cast<std::int64_t>(random() % 1'000'000)},
                           Json{R"({"a": )" + std::to_string(random() % 9) + R"(, "b": "ə"})"},
                           Json{R"({"z": [1, 2.50]})"},
                           Bytes{random_text(random, 9) + std::string(1, '\0')},
                           std::string{"10.0.0." + std::to_string(random() % 200)},
                           static_cast<std::int64_t>(random() % 100)};
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (i != 14 && i != 19 && random() % 6 == 0) row[i] = Null{};
    }
    return row;
}

}  // namespace

TEST_CASE("rows that are merged equal rows that are sent one by one, however batches are cut",
          "[target][postgres][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const std::uint64_t rows = 400;
    std::vector<RowWrite> writes;
    for (std::uint64_t i = 1; i <= rows; ++i)
        writes.push_back(insertion(0, i, random_row(random, i)));

    std::string expected;
    for (const std::size_t merge_rows : {std::size_t{1'000'000}, std::size_t{1}, std::size_t{60}}) {
        Target target{kTables, every(), merge_rows};
        std::set<std::uint64_t> written;
        for (std::size_t first = 0; first < writes.size();) {
            const std::size_t count =
                std::min<std::size_t>(1 + random() % 150, writes.size() - first);
            TargetBatch batch;
            for (std::size_t i = first; i < first + count; ++i) {
                batch.writes.push_back(writes[i]);
                batch.writes.back().depth = static_cast<std::uint32_t>(i);
            }
            // Rows of earlier batches come again.
            for (std::size_t i = random() % (first + 1); i < first; i += 1 + random() % 40) {
                batch.writes.push_back(writes[i]);
                batch.writes.back().present = true;
            }
            REQUIRE(target.apply(batch).ready());
            first += count;
        }
        if (merge_rows < 1000) CHECK(target.writer().counters().merged > 0);
        CHECK(target.writer().counters().isolations == 0);
        const std::string dump = target.dump("every");
        if (expected.empty()) expected = dump;
        CHECK(dump == expected);
    }
}

TEST_CASE("new rows of a load are copied straight in, and none over a row that stands",
          "[target][postgres]") {
    const char* const kPlain =
        "CREATE TABLE plain (id uuid PRIMARY KEY, number int4, amount numeric(12,3),"
        " brief varchar(10), at timestamptz, extra jsonb, up uuid REFERENCES plain)";
    TargetSpec table = spec("plain", {});
    for (const char* name : {"number", "amount", "brief", "at"})
        table.columns.push_back(column(name));
    table.columns.push_back(json_column("extra", {"a"}));
    table.columns.push_back(column("up"));
    const auto batch = [](std::uint64_t first, std::uint64_t last) {
        TargetBatch batch;
        batch.loading = true;
        for (std::uint64_t i = first; i <= last; ++i) {
            batch.writes.push_back(
                insertion(0, i,
                          {static_cast<std::int64_t>(i), Decimal::parse("1.2345").value(),
                           std::string{"ə\\\t"}, Timestamp{1'000'000}, Json{R"({"a": [1, "\""]})"},
                           uuid(i > 1 ? i - 1 : 1)}));
            batch.writes.back().depth = static_cast<std::uint32_t>(i);
        }
        return batch;
    };
    Target loaded{kPlain, {table}};
    CHECK(loaded.apply(batch(1, 300)).ready());
    CHECK(loaded.writer().counters().merged == 300);
    CHECK(loaded.writer().counters().isolations == 0);
    // Rows that stand are not ours: the copy is refused, and they are named, each.
    const BatchAnswer answer = loaded.apply(batch(290, 700));
    CHECK(answer.refused.size() == 11);
    CHECK(refused_roots(answer).contains(root(0, 300)));
    CHECK(answer.refused.front().message.starts_with(kBornThere));
    CHECK(loaded.apply(batch(301, 900)).ready());

    Target sent{kPlain, {table}};
    TargetBatch plain = batch(1, 900);
    plain.loading = false;
    CHECK(sent.apply(plain).ready());
    CHECK(sent.writer().counters().merged == 0);
    CHECK(loaded.dump("plain") == sent.dump("plain"));
}

TEST_CASE("a row that a load cannot write is named, and the rows beside it stand",
          "[target][postgres]") {
    TargetSpec table = spec("plain", {column("number")});
    Target target{"CREATE TABLE plain (id uuid PRIMARY KEY, number int4 CHECK (number <> 77))",
                  {table}};
    TargetBatch batch;
    batch.loading = true;
    for (std::uint64_t i = 1; i <= 200; ++i)
        batch.writes.push_back(insertion(0, i, {static_cast<std::int64_t>(i)}));
    const BatchAnswer answer = target.apply(batch);
    REQUIRE(answer.refused.size() == 1);
    CHECK(answer.refused.front().root == root(0, 77));
    std::erase_if(batch.writes, [](const RowWrite& write) { return write.root == root(0, 77); });
    CHECK(target.apply(batch).ready());
}

TEST_CASE("what stands reads back as what was written", "[target][postgres][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    Target target{kTables, every(), 1};
    TargetBatch batch;
    std::string ids;
    for (std::uint64_t i = 1; i <= 200; ++i) {
        batch.writes.push_back(insertion(0, i, random_row(random, i)));
        ids += (i == 1 ? "{" : ",") + uuid(i).format();
    }
    REQUIRE(target.apply(batch).ready());
    const TargetSpec& table = target.specs()[0];
    const auto shape = read_shape(target.connection(), "public", "every");
    const QueryResult rows = target.connection().exec(select_rows_sql(table), Params{ids + "}"});
    REQUIRE(rows.rows() == 200);
    const QueryResult digests = target.connection().exec(
        "SELECT " + row_digest_sql("t", table, shape) + ", " +
        column_digest_sql("t", table.columns[16], *shape.find("at")) + " FROM every t ORDER BY id");
    for (int i = 0; i < rows.rows(); ++i) {
        const std::vector<Value>& written = batch.writes[static_cast<std::size_t>(i)].values;
        std::vector<std::optional<std::string>> stored;
        for (int c = 1; c < rows.columns(); ++c)
            stored.push_back(rows.get(i, c));
        INFO("row " << i);
        CHECK(differing_columns(table, shape, written, stored).empty());
        CHECK(digests.text(i, 0) == row_digest(table, shape, written));
        CHECK(digests.text(i, 1) == column_digest(written[16], *shape.find("at")));
        // Null, the empty text and an absent key are three things.
        stored[8] = stored[8] ? std::nullopt : std::optional<std::string>{""};
        stored[19] = R"({"a": null})";
        stored[23] = "-1";
        const auto differing = differing_columns(table, shape, written, stored);
        std::vector<std::uint32_t> wanted{8, 19};
        if (!is_null(written[23])) wanted.push_back(23);
        CHECK(differing == wanted);
    }
    const QueryResult page =
        target.connection().exec(scan_rows_sql(table), Params{uuid(7).format(), "5"});
    REQUIRE(page.rows() == 5);
    CHECK(page.text(0, 0) == uuid(8).format());
}

TEST_CASE("values of many megabytes are written both ways", "[target][postgres]") {
    for (const std::size_t merge_rows : {2000, 1}) {
        Target target{"CREATE TABLE big (id uuid PRIMARY KEY, body text)",
                      {spec("big", {column("body")})},
                      merge_rows};
        TargetBatch batch;
        for (std::uint64_t i = 1; i <= 4; ++i) {
            batch.writes.push_back(
                insertion(0, i, {std::string(i * 4'000'000, static_cast<char>('a' + i))}));
        }
        REQUIRE(target.apply(batch).ready());
        CHECK(target.value("SELECT sum(length(body)) FROM big") == "40000000");
        for (RowWrite& write : batch.writes)
            write.present = true;
        REQUIRE(target.apply(batch).ready());
    }
}

TEST_CASE("thousands of rows in a batch are pipelined without a deadlock", "[target][postgres]") {
    Target target{"CREATE TABLE t (id uuid PRIMARY KEY, body text)",
                  {spec("t", {column("body")})},
                  1'000'000};
    TargetBatch batch;
    for (std::uint64_t i = 1; i <= 12'000; ++i) {
        batch.writes.push_back(insertion(0, i, {std::string(200, 'x')}));
    }
    REQUIRE(target.apply(batch).ready());
    for (RowWrite& write : batch.writes)
        write.present = true;
    REQUIRE(target.apply(batch).ready());
    batch.deletes.clear();
    for (std::uint64_t i = 1; i <= 12'000; ++i)
        batch.deletes.push_back(removal(0, i));
    batch.writes.clear();
    REQUIRE(target.apply(batch).ready());
    CHECK(target.value("SELECT count(*) FROM t") == "0");
    CHECK(target.writer().counters().deleted == 12'000);
}
