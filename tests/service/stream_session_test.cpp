#include "service/stream_session.hpp"

#include <condition_variable>
#include <fstream>
#include <mutex>

#include "tests/replicator/stream_support.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// A session, and the news it gives.
class Session {
public:
    Session(const Source& source, std::size_t bytes_max) {
        program_.relations = source.relations;
        StreamSession::Setup setup;
        setup.conninfo = source.cluster.conninfo(source.database);
        setup.slot = source.database;
        auto replication = open(source.cluster, source.database, true);
        setup.expected = identify_system(replication).identity;
        setup.bytes_max = bytes_max;
        session_.emplace(program_, setup, source.start, [this] {
            const std::lock_guard lock{mutex_};
            news_.notify_all();
        });
    }
    StreamSession* operator->() { return &*session_; }
    // False if `done` does not come true in time.
    template <class Done>
    bool wait(std::chrono::milliseconds timeout, Done done) {
        std::unique_lock lock{mutex_};
        return news_.wait_for(lock, timeout, done);
    }

private:
    Program program_;
    std::mutex mutex_;
    std::condition_variable news_;
    std::optional<StreamSession> session_;
};

// The largest resident memory of this process so far.
std::size_t peak_bytes() {
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;) {
        std::size_t kilobytes = 0;
        if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
    }
    return 0;
}

}  // namespace

TEST_CASE("a backlog of large transactions is held back while nobody takes it", "[postgres]") {
    constexpr std::size_t kBound = std::size_t{16} << 20U;
    constexpr int kTransactions = 60;
    const Source source{kOrdersDdl, kOrders};
    // 60 times 4 MB.
    for (int i = 0; i < kTransactions; ++i) {
        source.execute(
            "INSERT INTO orders SELECT i, repeat(md5(i::text), 125) FROM generate_series(" +
            std::to_string(i * 1000 + 1) + ", " + std::to_string(i * 1000 + 1000) + ") AS i");
    }
    const std::size_t before = peak_bytes();
    Session session{source, kBound};
    REQUIRE(session.wait(30s, [&] { return session->waiting_bytes() > kBound / 2; }));
    CHECK_FALSE(session.wait(3s, [&] { return session->waiting_bytes() > kBound; }));

    int transactions = 0;
    while (transactions < kTransactions) {
        std::optional<ChangeStream::Item> item;
        REQUIRE(session.wait(30s, [&] { return (item = session->try_take()).has_value(); }));
        REQUIRE(session->waiting_bytes() <= kBound);
        const auto* transaction = std::get_if<SourceTransaction>(&*item);
        if (transaction == nullptr || transaction->changes.empty()) continue;
        ++transactions;
        CHECK(transaction->bytes >= std::size_t{4'000'000});
        CHECK(transaction->bytes < std::size_t{6'000'000});
    }
    // The channel, a transaction on either side of it, and what the allocator keeps.
    CHECK(peak_bytes() - before < 6 * kBound);
}
