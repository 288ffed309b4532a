#include "service/batch_limit.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {
SourceTransaction transaction(std::size_t changes, std::size_t bytes) {
    SourceTransaction transaction;
    transaction.changes.resize(changes);
    transaction.bytes = bytes;
    return transaction;
}
}  // namespace

TEST_CASE("a batch ends at batch.bytes_max, and what is larger goes alone", "[service]") {
    BatchConfig config;
    config.bytes_max = 1'000;
    BatchLimit limit{config};
    CHECK(limit.takes(transaction(1, 5'000)));
    limit.add(transaction(1, 600));
    CHECK_FALSE(limit.full());
    CHECK(limit.takes(transaction(1, 400)));
    CHECK_FALSE(limit.takes(transaction(1, 401)));
    limit.add(transaction(1, 400));
    CHECK(limit.full());

    BatchLimit alone{config};
    alone.add(transaction(1, 5'000));
    CHECK(alone.full());
    CHECK_FALSE(alone.takes(transaction(1, 1)));
}

TEST_CASE("a batch ends at its number of transactions and of changes", "[service]") {
    BatchConfig config;
    config.transactions_max = 2;
    config.rows_max = 10;
    BatchLimit by_number{config};
    by_number.add(transaction(1, 1));
    CHECK(by_number.takes(transaction(100, 1)));
    by_number.add(transaction(1, 1));
    CHECK(by_number.full());
    BatchLimit by_changes{config};
    by_changes.add(transaction(10, 1));
    CHECK(by_changes.full());
    CHECK_FALSE(by_changes.takes(transaction(1, 1)));
}
