// A source database with a slot, and a reader of its stream.
#pragma once

#include "replicator/change_stream.hpp"
#include "replicator/wal2json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

namespace crossfade::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Runs to the end and rethrows.
inline void run(asio::awaitable<void> main) {
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(main), [&](std::exception_ptr thrown) { failure = thrown; });
    context.run();
    if (failure) std::rethrow_exception(failure);
}

inline Connection open(test::Cluster& cluster, const std::string& database,
                       bool replication = false) {
    ConnectionOptions options{cluster.conninfo(database), "stream test", "source"};
    options.replication = replication;
    return Connection::open(options);
}

struct Source {
    test::Cluster& cluster;
    std::string database;
    EndLsn start;
    std::vector<MappedRelation> relations;

    explicit Source(const std::string& ddl, std::vector<MappedRelation> mapped,
                    test::Cluster& where = test::Cluster::shared())
        : cluster{where}, database{where.create_database("stream")}, relations{std::move(mapped)} {
        cluster.execute(database, ddl);
        auto replication = open(cluster, database, true);
        start = create_slot(replication, database, "wal2json").consistent_point;
    }
    void execute(const std::string& sql) const { cluster.execute(database, sql); }
    ConnectionOptions connection() const {
        return {cluster.conninfo(database), "stream test", "source"};
    }
    StreamOptions options() const {
        StreamOptions options;
        options.slot = database;
        return options;
    }
    SlotInfo slot() const {
        auto reader = open(cluster, database);
        return *inspect_slot(reader, database);
    }
    Lsn marker() const {
        auto writer = open(cluster, database);
        return write_marker(writer, "test", "marker");
    }
};

inline const std::vector<MappedRelation> kOrders{
    {"public", "orders", {{"id", Type::integer}, {"note", Type::text}}, {0}}};
inline constexpr const char* kOrdersDdl =
    "CREATE TABLE orders (id bigint PRIMARY KEY, note text, more int);"
    "CREATE TABLE unmapped (id int PRIMARY KEY)";

// All transactions up to the position `until`, confirmed as they come.
inline asio::awaitable<std::vector<SourceTransaction>> read_until(const Source& source, EndLsn from,
                                                                  Lsn until,
                                                                  AssemblerOptions slices = {}) {
    Wal2JsonDecoder decoder{source.relations, nullptr};
    auto stream = co_await SlotStream::start(source.connection(), source.options(), decoder, from);
    ChangeStream changes{*stream, decoder, slices};
    std::vector<SourceTransaction> transactions;
    for (Lsn reached; reached < until;) {
        auto item = co_await with_deadline(changes.next(), 20s, "next item");
        REQUIRE(item);
        if (auto* transaction = std::get_if<SourceTransaction>(&*item)) {
            reached = transaction->end.lsn;
            if (transaction->last_slice) stream->confirm(transaction->end);
            if (!transaction->changes.empty()) transactions.push_back(std::move(*transaction));
        } else {
            reached = std::get<IdlePosition>(*item).end.lsn;
        }
    }
    co_return transactions;
}

inline std::vector<SourceTransaction> read(const Source& source, EndLsn from, Lsn until,
                                           AssemblerOptions slices = {}) {
    std::vector<SourceTransaction> result;
    run([&]() -> asio::awaitable<void> {
        result = co_await read_until(source, from, until, slices);
    }());
    return result;
}
}  // namespace crossfade::test
