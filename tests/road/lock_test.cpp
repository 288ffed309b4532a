// Somebody else's lock on the target: the service says whom it waits for, goes on by itself when
// the lock is gone, and ends when it is told to, wherever it waits.
#include <libpq-fe.h>

#include <memory>
#include <thread>

#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace crossfade;
using namespace crossfade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using Clock = std::chrono::steady_clock;

template <class Done>
void wait_until(const EndToEnd& road, Done done) {
    for (const auto end = Clock::now() + 30s; !done(); std::this_thread::sleep_for(20ms)) {
        if (Clock::now() > end) FAIL("it does not happen\n" << road.log_end());
    }
}

// A session that has locked a table of the target, until release().
class Holder {
public:
    Holder(const EndToEnd& road, const std::string& table,
           const std::string& mode = "ACCESS EXCLUSIVE")
        : connection_{PQconnectdb(ShopServers::shared()
                                      .target.conninfo(road.target_database())
                                      .append(" application_name=migration")
                                      .c_str()),
                      PQfinish} {
        run("BEGIN; LOCK TABLE " + table + " IN " + mode + " MODE");
    }
    void release() { run("ROLLBACK"); }
    std::string pid() const { return std::to_string(PQbackendPID(connection_.get())); }

private:
    void run(const std::string& sql) {
        const std::unique_ptr<PGresult, void (*)(PGresult*)> result{
            PQexec(connection_.get(), sql.c_str()), PQclear};
        REQUIRE(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
    }
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

bool waits(const EndToEnd& road, const std::string& for_what) {
    return road.target_value("SELECT count(*) FROM pg_stat_activity WHERE datname = '" +
                             road.target_database() +
                             "' AND application_name LIKE 'crossfade%' AND " + for_what) != "0";
}

bool waits_for_lock(const EndToEnd& road) { return waits(road, "wait_event_type = 'Lock'"); }

// SIGTERM; the service must end with status 0.
void stop_in_time(EndToEnd& road) {
    const auto began = Clock::now();
    road.stop();
    CHECK(Clock::now() - began < 5s);
}

void add_customer(const EndToEnd& road, int id) {
    road.source("INSERT INTO customer (id, name, active, created) VALUES (" + std::to_string(id) +
                ", 'Late', 1, now())");
}

void check_all_is_there(EndToEnd& road) {
    road.start();
    road.settle();
    check_agreement(road);
    CHECK(road.target_value("SELECT count(*) FROM customer WHERE name = 'Late'") == "1");
}

// No standby of this name ever answers, so that COMMIT waits.
class NoStandby {
public:
    NoStandby() { set("ALTER SYSTEM SET synchronous_standby_names = 'nobody'"); }
    ~NoStandby() { set("ALTER SYSTEM RESET synchronous_standby_names"); }
    NoStandby(const NoStandby&) = delete;
    NoStandby& operator=(const NoStandby&) = delete;

private:
    static void set(const std::string& statement) {
        const Cluster& target = ShopServers::shared().target;
        target.execute("postgres", statement);
        target.execute("postgres", "SELECT pg_reload_conf()");
    }
};

// A port that takes connections and never answers.
class MutePort {
public:
    MutePort() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket_, 10) == 0);
        socklen_t size = sizeof address;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    ~MutePort() { ::close(socket_); }
    MutePort(const MutePort&) = delete;
    MutePort& operator=(const MutePort&) = delete;
    std::string conninfo() const {
        return "host=127.0.0.1 port=" + std::to_string(port_) +
               " user=nobody dbname=nowhere connect_timeout=120";
    }

private:
    int socket_;
    int port_ = 0;
};

}  // namespace

TEST_CASE("a lock of somebody else is waited for, named, and gone, nobody has to do anything",
          "[road][postgres]") {
    EndToEnd road{{{"target.lock_timeout", "1s"}}};
    road.change(21, 30, 6);
    road.start();
    road.settle();
    Holder holder{road, "customer"};
    add_customer(road, 9001);
    wait_until(road, [&] { return road.log_end().find("55P03") != std::string::npos; });
    CHECK_THAT(text_of(road.folder() / "service.log"),
               ContainsSubstring("SELECT pg_terminate_backend(" + holder.pid() + ")"));
    CHECK_THAT(text_of(road.folder() / "service.log"), ContainsSubstring("application migration"));
    CHECK(road.runs());
    holder.release();
    road.settle();
    check_agreement(road);
    CHECK(road.target_value("SELECT count(*) FROM customer WHERE name = 'Late'") == "1");
    road.stop();
}

TEST_CASE("a statement that takes longer than target.statement_timeout is tried again",
          "[road][postgres]") {
    EndToEnd road{{{"target.lock_timeout", "0"}, {"target.statement_timeout", "500ms"}}};
    road.change(22, 30, 6);
    road.start();
    road.settle();
    Holder holder{road, "customer"};
    add_customer(road, 9001);
    wait_until(road, [&] { return road.log_end().find("57014") != std::string::npos; });
    holder.release();
    road.settle();
    check_agreement(road);
    road.stop();
}

TEST_CASE("SIGTERM ends a service that waits for a lock of the target, and nothing is lost",
          "[road][postgres]") {
    EndToEnd road{{{"target.lock_timeout", "0"}}};
    road.change(23, 30, 6);
    road.start();
    road.settle();
    Holder holder{road, "customer"};
    add_customer(road, 9001);
    wait_until(road, [&] { return waits_for_lock(road); });
    stop_in_time(road);
    holder.release();
    check_all_is_there(road);
}

TEST_CASE("SIGTERM ends a load that waits for a lock in COPY, and nothing is lost",
          "[road][postgres]") {
    EndToEnd road{{{"target.lock_timeout", "0"}}};
    road.change(24, 400, 8);
    add_customer(road, 9001);
    road.source(
        "INSERT INTO customer (id, name, active, created)"
        " SELECT i, 'Copied', 1, now() FROM generate_series(9101, 9400) AS i");
    Holder holder{road, "customer", "SHARE"};  // it may be read meanwhile
    road.start();
    wait_until(road,
               [&] { return waits(road, "wait_event_type = 'Lock' AND query LIKE 'COPY %'"); });
    stop_in_time(road);
    holder.release();
    check_all_is_there(road);
}

TEST_CASE("SIGTERM ends a service that waits in COMMIT, and nothing is lost", "[road][postgres]") {
    EndToEnd road;
    road.change(25, 30, 6);
    road.start();
    road.settle();
    {
        const NoStandby nobody;
        add_customer(road, 9001);
        wait_until(road, [&] { return waits(road, "wait_event = 'SyncRep'"); });
        stop_in_time(road);
    }
    check_all_is_there(road);
}

TEST_CASE("SIGTERM ends a service that waits for a target that does not answer",
          "[road][postgres]") {
    const MutePort mute;
    EndToEnd road{{{"target.conninfo", mute.conninfo()}}};
    road.start_armed("nowhere");
    // It has the source, and begins with the target.
    while (road.source_value("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                             "current_database() AND application_name = 'crossfade check'") == "0")
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    stop_in_time(road);
}
