#include "replicator/change_stream.hpp"

#include <boost/asio/steady_timer.hpp>

#include <thread>

#include "async/all.hpp"
#include "postgres/catalog.hpp"
#include "postgres/codec.hpp"
#include "tests/replicator/stream_support.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a stream is started with the options of its plugin", "[replicator]") {
    const std::vector<MappedRelation> relations{{"public", "it's", {}, {}},
                                                {"we.ird", "a b,c*\\d", {}, {}}};
    CHECK(wal2json_table_list(relations) == "public.it's,we\\.ird.a\\ b\\,c\\*\\\\d");
    const auto decoder = make_decoder("wal2json", relations, nullptr);
    REQUIRE(decoder);
    const std::string command =
        start_replication_command("s", decoder->options(), EndLsn{Lsn{0x16B374D848ULL}});
    CHECK_THAT(command, ContainsSubstring("START_REPLICATION SLOT \"s\" LOGICAL 16/B374D848"
                                          " (\"format-version\" '2', "));
    CHECK_THAT(command, ContainsSubstring("\"add-tables\" 'public.it''s,"));
    CHECK_FALSE(make_decoder("pgoutput", relations, nullptr));
    CHECK(start_replication_command("s", {}, EndLsn{}) ==
          "START_REPLICATION SLOT \"s\" LOGICAL 0/0");
}

TEST_CASE("only the plugin's word for a change it left out is an error", "[replicator]") {
    const Wal2JsonDecoder decoder{kOrders, nullptr};
    CHECK_FALSE(decoder.judge({"WARNING", "01000", "something else"}));
    const auto error = decoder.judge(
        {"WARNING", "01000", R"(no tuple identifier for UPDATE in table "public"."orders")"});
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::trust);
    CHECK_THAT(error->hint(), ContainsSubstring(R"(ALTER TABLE "public"."orders" REPLICA)"));
}

TEST_CASE("transactions arrive whole, in commit order, of mapped tables only", "[postgres]") {
    const Source source{kOrdersDdl, kOrders};
    source.execute("INSERT INTO orders VALUES (1, 'a'), (220317084803617483, NULL)");
    source.execute("INSERT INTO unmapped VALUES (1)");
    source.execute(
        "BEGIN; UPDATE orders SET id = 2 WHERE id = 1; DELETE FROM orders WHERE id > 5; COMMIT");
    source.execute("BEGIN; INSERT INTO orders VALUES (9, 'undone'); ROLLBACK; TRUNCATE orders");
    const auto transactions = read(source, source.start, source.marker());
    REQUIRE(transactions.size() == 3);
    CHECK(transactions[0].changes.size() == 2);
    CHECK(transactions[0].commit < transactions[1].commit);
    CHECK(std::get<std::int64_t>(transactions[0].changes[1].row[0]) == 220317084803617483);
    REQUIRE(transactions[1].changes.size() == 2);
    CHECK(transactions[1].changes[0].old_key.size() == 1);
    CHECK(transactions[1].changes[1].operation == Operation::remove);
    CHECK(transactions[2].changes.at(0).operation == Operation::truncate);
    const auto age = std::chrono::system_clock::now() - transactions[0].commit_time;
    CHECK(age > -5s);
    CHECK(age < 60s);
}

TEST_CASE("names with blanks, commas, dots, stars, backslashes and quotes reach the stream",
          "[postgres]") {
    const Source source{
        R"(CREATE TABLE "we.ird t,*\'x" (id int PRIMARY KEY, "q""c" text); CREATE TABLE "Plain" (id int PRIMARY KEY))",
        {{"public", "we.ird t,*\\'x", {{"id", Type::integer}, {"q\"c", Type::text}}, {0}},
         {"public", "Plain", {{"id", Type::integer}}, {0}}}};
    source.execute(
        R"(INSERT INTO "we.ird t,*\'x" VALUES (1, 'v'); INSERT INTO "Plain" VALUES (2))");
    const auto transactions = read(source, source.start, source.marker());
    REQUIRE(transactions.size() == 1);
    REQUIRE(transactions[0].changes.size() == 2);
    CHECK(std::get<std::string>(transactions[0].changes[0].row[1]) == "v");
    CHECK(transactions[0].changes[1].relation == 1);
}

TEST_CASE("messages and rows of others harm nobody", "[postgres]") {
    const Source source{kOrdersDdl, kOrders};
    for (const char* prefix : {"other_app", "crossfade", "crossfade_too", "cross"}) {
        for (const char* transactional : {"true", "false"}) {
            for (const char* content : {"'\\xfffe00ff'::bytea", "repeat('x', 50000000)"}) {
                if (std::string_view{content}.starts_with("repeat") && prefix[0] == 'c') continue;
                source.execute(std::string{"SELECT pg_logical_emit_message("} + transactional +
                               ", '" + prefix + "', " + content + ")");
            }
        }
    }
    source.execute("INSERT INTO unmapped VALUES (1); INSERT INTO orders VALUES (1, 'after')");
    const auto transactions = read(source, source.start, source.marker());
    REQUIRE(transactions.size() == 1);
    CHECK(transactions[0].changes.size() == 1);
}

TEST_CASE("resuming behind a commit neither loses nor repeats a transaction", "[postgres]") {
    const Source source{kOrdersDdl, kOrders};
    for (int i = 1; i <= 5; ++i)
        source.execute("INSERT INTO orders VALUES (" + std::to_string(i) + ")");
    const Lsn marker = source.marker();
    // Nothing of the first reading may have been confirmed for the second to start earlier, so
    // positions are compared on one stream after the other, each from a later start.
    const auto all = read(source, source.start, marker);
    REQUIRE(all.size() == 5);
    source.execute("INSERT INTO orders VALUES (6)");
    source.execute("INSERT INTO orders VALUES (7)");
    const auto rest = read(source, all[4].end, source.marker());
    REQUIRE(rest.size() == 2);
    CHECK(std::get<std::int64_t>(rest[0].changes.at(0).row[0]) == 6);
}

TEST_CASE("a large transaction comes in slices that join to the whole", "[postgres]") {
    const Source source{kOrdersDdl, kOrders};
    source.execute("INSERT INTO orders SELECT i, repeat('x', 50) FROM generate_series(1, 20000) i");
    const auto slices = read(source, source.start, source.marker(), {3'000, 1U << 30});
    REQUIRE(slices.size() == 7);
    std::int64_t next = 1;
    for (const auto& slice : slices) {
        CHECK(slice.first_ordinal == static_cast<std::uint64_t>(next - 1));
        CHECK(slice.last_slice == (&slice == &slices.back()));
        for (const Change& change : slice.changes)
            REQUIRE(std::get<std::int64_t>(change.row[0]) == next++);
    }
    CHECK(next == 20'001);
}

TEST_CASE("the slot follows what is confirmed, and other databases' traffic while idle",
          "[postgres]") {
    const Source source{kOrdersDdl, kOrders};
    const std::string other = source.cluster.create_database("noise");
    const EndLsn before = source.slot().confirmed;
    run([&]() -> asio::awaitable<void> {
        Wal2JsonDecoder decoder{source.relations, nullptr};
        auto stream = co_await SlotStream::start(source.connection(), source.options(), decoder,
                                                 source.start);
        ChangeStream changes{*stream, decoder};
        source.cluster.execute(other, "CREATE TABLE noise AS SELECT generate_series(1, 20000)");
        const Lsn written = source.marker();
        asio::steady_timer timer{co_await asio::this_coro::executor};
        const auto consume = [&]() -> asio::awaitable<void> {
            while (auto item = co_await changes.next()) {
                if (auto* transaction = std::get_if<SourceTransaction>(&*item))
                    stream->confirm(transaction->end);
            }
        };
        const auto watch = [&]() -> asio::awaitable<void> {
            for (int tries = 0; tries < 200 && source.slot().confirmed.lsn < written; ++tries) {
                timer.expires_after(50ms);
                co_await timer.async_wait(asio::use_awaitable);
            }
            stream->close();
        };
        co_await all(consume(), stream->report(), watch());
        CHECK(source.slot().confirmed.lsn >= written);
    }());
    CHECK(source.slot().confirmed > before);
}

TEST_CASE("nothing of an unconfirmed transaction is confirmed, however idle the server is",
          "[postgres]") {
    const Source source{kOrdersDdl, kOrders};
    source.execute("INSERT INTO orders VALUES (1)");
    const Lsn after = source.marker();
    run([&]() -> asio::awaitable<void> {
        Wal2JsonDecoder decoder{source.relations, nullptr};
        auto stream = co_await SlotStream::start(source.connection(), source.options(), decoder,
                                                 source.start);
        ChangeStream changes{*stream, decoder};
        EndLsn first;
        while (first == EndLsn{}) {
            const auto item = co_await changes.next();
            const auto* transaction = std::get_if<SourceTransaction>(&*item);
            if (transaction != nullptr && !transaction->changes.empty()) first = transaction->end;
        }
        const auto consume = [&]() -> asio::awaitable<void> {
            while (co_await changes.next()) {
            }
        };
        const auto stop = [&]() -> asio::awaitable<void> {
            asio::steady_timer timer{co_await asio::this_coro::executor};
            timer.expires_after(2500ms);
            co_await timer.async_wait(asio::use_awaitable);
            stream->close();
        };
        co_await all(consume(), stream->report(), stop());
        CHECK(stream->feedback().received() >= after);
        CHECK(source.slot().confirmed < first);
    }());
    CHECK(read(source, source.start, after).size() == 1);
}

TEST_CASE("a slow reader is not cut off by wal_sender_timeout", "[postgres]") {
    test::Cluster cluster({.settings = {{"wal_sender_timeout", "'1500ms'"}}});
    const Source source{kOrdersDdl, kOrders, cluster};
    run([&]() -> asio::awaitable<void> {
        Wal2JsonDecoder decoder{source.relations, nullptr};
        auto stream = co_await SlotStream::start(source.connection(), source.options(), decoder,
                                                 source.start);
        ChangeStream changes{*stream, decoder};
        const auto read_late = [&]() -> asio::awaitable<void> {
            asio::steady_timer timer{co_await asio::this_coro::executor};
            timer.expires_after(4s);
            co_await timer.async_wait(asio::use_awaitable);
            source.execute("INSERT INTO orders VALUES (1)");
            for (bool seen = false; !seen;) {
                const auto item = co_await with_deadline(changes.next(), 10s, "item");
                REQUIRE(item);
                const auto* transaction = std::get_if<SourceTransaction>(&*item);
                seen = transaction != nullptr && !transaction->changes.empty();
            }
            stream->close();
        };
        co_await all(read_late(), stream->report());
    }());
}

TEST_CASE("a server that shuts down ends the stream, at once", "[postgres]") {
    test::Cluster cluster;
    const Source source{kOrdersDdl, kOrders, cluster};
    run([&]() -> asio::awaitable<void> {
        Wal2JsonDecoder decoder{source.relations, nullptr};
        auto stream = co_await SlotStream::start(source.connection(), source.options(), decoder,
                                                 source.start);
        source.execute("INSERT INTO orders VALUES (1)");  // never confirmed
        std::thread stopper{[&] { cluster.stop(test::StopMode::fast); }};
        const auto started = std::chrono::steady_clock::now();
        bool ended = false;
        try {
            ChangeStream changes{*stream, decoder};
            while (auto item = co_await with_deadline(changes.next(), 30s, "end of the stream")) {
                if (auto* transaction = std::get_if<SourceTransaction>(&*item))
                    stream->confirm(transaction->end);
            }
            ended = true;
        } catch (const Failure& failure) {
            CHECK(failure.error().kind() == ErrorKind::unavailable);
            ended = true;
        }
        stream->close();
        stopper.join();
        CHECK(ended);
        CHECK(std::chrono::steady_clock::now() - started < 20s);
    }());
    cluster.start();
}

TEST_CASE("a change that the plugin leaves out stops the stream", "[postgres]") {
    const Source source{"CREATE TABLE keyless (id int)",
                        {{"public", "keyless", {{"id", Type::integer}}, {0}}}};
    source.execute("INSERT INTO keyless VALUES (1); UPDATE keyless SET id = 2");
    try {
        read(source, source.start, source.marker());
        FAIL("the update vanished");
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::trust);
        CHECK_THAT(failure.error().format(),
                   ContainsSubstring("ALTER TABLE \"public\".\"keyless\" REPLICA IDENTITY FULL"));
    }
}

TEST_CASE("a table without identity that is not mapped harms nobody", "[postgres]") {
    const Source source{"CREATE TABLE keyless (id int); " + std::string{kOrdersDdl}, kOrders};
    source.execute(
        "INSERT INTO keyless VALUES (1); UPDATE keyless SET id = 2; INSERT INTO orders VALUES (1)");
    CHECK(read(source, source.start, source.marker()).size() == 1);
}

TEST_CASE("what cannot be streamed from is told apart", "[postgres]") {
    const Source source{kOrdersDdl, kOrders};
    Wal2JsonDecoder decoder{source.relations, nullptr};
    const auto kind_of = [&](StreamOptions options, EndLsn from) {
        try {
            run([&]() -> asio::awaitable<void> {
                co_await SlotStream::start(source.connection(), options, decoder, from);
            }());
        } catch (const Failure& failure) {
            return failure.error().kind();
        }
        return ErrorKind::bad_value;
    };
    StreamOptions options = source.options();
    options.slot = "no_such_slot";
    CHECK(kind_of(options, source.start) == ErrorKind::trust);
    CHECK(kind_of(source.options(), EndLsn{Lsn{1ULL << 60}}) == ErrorKind::trust);
    options = source.options();
    options.expected = SourceIdentity{1, 1};
    CHECK(kind_of(options, source.start) == ErrorKind::trust);
    run([&]() -> asio::awaitable<void> {
        const auto first = co_await SlotStream::start(source.connection(), source.options(),
                                                      decoder, source.start);
        try {
            co_await SlotStream::start(source.connection(), source.options(), decoder,
                                       source.start);
            FAIL("a second reader");
        } catch (const Failure& failure) {
            CHECK(failure.error().kind() == ErrorKind::conflict);
        }
    }());
    ConnectionOptions nowhere{"host=127.0.0.1 port=1 user=x dbname=x", "t", "source"};
    try {
        run([&]() -> asio::awaitable<void> {
            co_await SlotStream::start(nowhere, source.options(), decoder, source.start);
        }());
        FAIL("connected");
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::unavailable);
    }
}

TEST_CASE("every type arrives as the catalog's parser reads it", "[postgres]") {
    const std::string ddl =
        "CREATE DOMAIN positive AS int; CREATE DOMAIN blob AS bytea;"
        "CREATE TABLE types (id bigint PRIMARY KEY, n numeric, f float8, r real, b bytea, d blob, "
        "p positive, ts timestamp,"
        " tz timestamptz, da date, ti time, u uuid, bo boolean, j jsonb, js json, t text, v "
        "varchar(9), c char(5),"
        " g int GENERATED ALWAYS AS (7) STORED, a int[])";
    Source source{ddl, {}};
    auto connection = open(source.cluster, source.database);
    const auto table = read_table(connection, "public", "types");
    MappedRelation relation{"public", "types", {}, {0}};
    for (const CatalogColumn& column : table->columns)
        relation.columns.push_back({column.name, column.type});
    source.relations = {relation};
    source.execute(
        "INSERT INTO types VALUES (-9223372036854775808, 1234567890123456789012.5000, 0.1, 0.1, "
        "'\\x005c22', '\\x',"
        " 5, '0044-03-15 01:02:03 BC', 'infinity', '-infinity', '24:00:00', gen_random_uuid(), "
        "false,"
        " '{\"b\":[1.50,null],\"a\":\"\\u0001\"}', '{\"x\": 1, \"x\": 2}', "
        "E'\\x7f\\n\"\\\\\\u2028', 'v  ', 'ab')");
    source.execute("INSERT INTO types (id) VALUES (2)");
    const auto transactions = read(source, source.start, source.marker());
    REQUIRE(transactions.size() == 2);
    for (int row = 0; row < 2; ++row) {
        const Row& decoded = transactions[static_cast<std::size_t>(row)].changes.at(0).row;
        const auto stored = connection.exec("SELECT * FROM types ORDER BY id");
        for (std::size_t i = 0; i < relation.columns.size(); ++i) {
            INFO(relation.columns[i].name);
            const auto text = stored.get(row, static_cast<int>(i));
            const Value expected =
                text ? *parse_value(relation.columns[i].type, *text) : Value{Null{}};
            CHECK(compare_values(decoded[i], expected) == 0);
        }
    }
}
