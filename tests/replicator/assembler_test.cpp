#include "replicator/assembler.hpp"

#include <random>

#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {
BeginEvent begin(std::uint32_t xid) {
    return {xid, CommitLsn{Lsn{xid * 100ULL}}, EndLsn{Lsn{xid * 100ULL + 10}}, {}};
}
CommitEvent commit(std::uint32_t xid) {
    return {xid, CommitLsn{Lsn{xid * 100ULL}}, EndLsn{Lsn{xid * 100ULL + 10}}};
}
Change change(std::int64_t id) { return {Operation::insert, 0, {id}, {}}; }
std::int64_t id_of(const Change& c) { return std::get<std::int64_t>(c.row.at(0)); }
}  // namespace

TEST_CASE("a transaction comes out at its commit with its positions", "[replicator]") {
    Assembler assembler;
    CHECK_FALSE(assembler.push(begin(7)));
    CHECK(assembler.in_transaction());
    CHECK_FALSE(assembler.push(change(1)));
    CHECK_FALSE(assembler.push(IgnoredEvent{}));
    const auto transaction = assembler.push(commit(7));
    REQUIRE(transaction);
    CHECK(transaction->xid == 7);
    CHECK(transaction->commit.lsn == Lsn{700});
    CHECK(transaction->end.lsn == Lsn{710});
    CHECK(transaction->changes.size() == 1);
    CHECK(transaction->first_ordinal == 0);
    CHECK(transaction->last_slice);
    CHECK_FALSE(assembler.in_transaction());
}

TEST_CASE("a transaction without mapped changes comes out empty", "[replicator]") {
    Assembler assembler;
    assembler.push(begin(7));
    CHECK(assembler.push(commit(7))->changes.empty());
}

TEST_CASE("a very large transaction is cut by count and by bytes", "[replicator]") {
    Assembler by_count{{3, 1U << 30}};
    by_count.push(begin(1));
    std::vector<std::size_t> sizes;
    for (int i = 0; i < 7; ++i) {
        if (const auto slice = by_count.push(change(i))) {
            CHECK_FALSE(slice->last_slice);
            CHECK(slice->end.lsn == Lsn{110});
            sizes.push_back(slice->changes.size());
        }
    }
    const auto last = by_count.push(commit(1));
    CHECK(last->first_ordinal == 6);
    CHECK(last->changes.size() == 1);
    CHECK(last->last_slice);
    CHECK(sizes == std::vector<std::size_t>{3, 3});

    Assembler by_bytes{{1000, 10'000}};
    by_bytes.push(begin(1));
    int slices = 0;
    for (int i = 0; i < 10; ++i) {
        if (by_bytes.push(Change{Operation::insert, 0, {std::string(6'000, 'x')}, {}})) ++slices;
    }
    CHECK(slices == 4);
}

TEST_CASE("an order of events that cannot be is not believed", "[replicator]") {
    Assembler assembler;
    CHECK_THROWS_AS(assembler.push(change(1)), Failure);
    CHECK_THROWS_AS(assembler.push(commit(1)), Failure);
    assembler.push(begin(1));
    CHECK_THROWS_AS(assembler.push(begin(2)), Failure);
    CHECK_THROWS_AS(assembler.push(commit(2)), Failure);
    assembler.reset();
    CHECK_FALSE(assembler.in_transaction());
    CHECK_FALSE(assembler.push(begin(2)));
}

TEST_CASE("however a stream is cut into slices, the transactions are the same",
          "[replicator][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    for (int round = 0; round < 300; ++round) {
        std::vector<StreamEvent> events;
        std::vector<std::vector<std::int64_t>> expected;
        std::int64_t next = 0;
        for (std::uint32_t xid = 1; xid <= 5; ++xid) {
            events.emplace_back(std::in_place_type<BeginEvent>, begin(xid));
            auto& ids = expected.emplace_back();
            for (auto count = random() % 30; count > 0; --count) {
                if (random() % 5 == 0) events.emplace_back(std::in_place_type<IgnoredEvent>);
                ids.push_back(next);
                events.emplace_back(std::in_place_type<Change>, change(next++));
            }
            events.emplace_back(std::in_place_type<CommitEvent>, commit(xid));
        }
        Assembler assembler{{1 + random() % 12, 100 + random() % 3000}};
        std::vector<std::vector<std::int64_t>> seen(1);
        for (StreamEvent& event : events) {
            const auto slice = assembler.push(std::move(event));
            if (!slice) continue;
            REQUIRE(slice->first_ordinal == seen.back().size());
            REQUIRE(slice->xid == seen.size());
            for (const Change& c : slice->changes)
                seen.back().push_back(id_of(c));
            if (slice->last_slice) seen.emplace_back();
        }
        seen.pop_back();
        REQUIRE(seen == expected);
    }
}
