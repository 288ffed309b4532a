// Servers that are stopped, frozen, killed and locked at random, under load: the service answers
// all the time, and nothing differs at the end.
#include "tests/road/proxied.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using namespace std::chrono_literals;

namespace {

// The application of the source, and somebody who asks for the status; each in a thread, where
// nothing is asked of Catch2.
class Repeated {
public:
    explicit Repeated(std::function<void()> step)
        : thread_{[this, step = std::move(step)] {
              try {
                  for (; !stop_; ++times_)
                      step();
              } catch (const std::exception& error) {
                  wrong_ = error.what();
              }
          }} {}
    ~Repeated() { end(); }
    Repeated(const Repeated&) = delete;
    Repeated& operator=(const Repeated&) = delete;
    std::string end() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
        return wrong_;
    }
    int times() const { return times_; }

private:
    std::atomic<bool> stop_ = false;
    std::atomic<int> times_ = 0;
    std::string wrong_;
    std::thread thread_;
};

class Stalls {
public:
    explicit Stalls(unsigned seed) : random_{seed} {
        it_.road.change(static_cast<int>(seed % 1000), 40, 6);
        it_.road.start();
        it_.road.settle();
    }

    void run(std::chrono::seconds time) {
        int transactions = 0;
        Repeated load{[&] {
            it_.road.change(5'000 + ++transactions, 3, 4);
            std::this_thread::sleep_for(10ms);
        }};
        Repeated asking{[&] {
            // Longer than it may take by far, and short beside a wait without an end.
            if (running_) ask();
            std::this_thread::sleep_for(100ms);
        }};
        for (const auto end = std::chrono::steady_clock::now() + time;
             std::chrono::steady_clock::now() < end;) {
            fault();
            pass(1'500);
        }
        CHECK(load.end() == "");
        CHECK(asking.end() == "");
        WARN(told() << load.times() << " transactions, " << asking.times() << " times asked");
        it_.road.settle(120s);
        check_agreement(it_.road);
        it_.stop_in_time();
    }

private:
    void ask() {
        const std::string output = (it_.road.folder() / "asked.log").string();
        const std::string program = std::string{CROSSFADE_BINARY_DIR} + "/crossfade";
        const std::string command = "timeout -s KILL 10 " + program + " -c " +
                                    (it_.road.folder() / "crossfade.yaml").string() + " status > " +
                                    output + " 2>&1";
        const int status = std::system(command.c_str());
        if (status != 0 && running_)
            throw std::runtime_error{"status gave " + std::to_string(status) + ": " +
                                     crossfade::test::text_of(std::filesystem::path{output})};
    }

    int below(int count) { return std::uniform_int_distribution<int>{0, count - 1}(random_); }
    void pass(int milliseconds) {
        std::this_thread::sleep_for(std::chrono::milliseconds{below(milliseconds)});
    }

    void fault() {
        static const std::vector<std::pair<std::string, void (Stalls::*)()>> kFaults{
            {"frozen source", &Stalls::freeze_source}, {"frozen target", &Stalls::freeze_target},
            {"stopped source", &Stalls::stop_source},  {"stopped target", &Stalls::stop_target},
            {"ended sessions", &Stalls::end_sessions}, {"crashed target", &Stalls::crash_target},
            {"locked table", &Stalls::lock_table},     {"killed service", &Stalls::kill_service},
            {"stopped service", &Stalls::stop_service}};
        const auto& [name, happen] =
            kFaults[static_cast<std::size_t>(below(static_cast<int>(kFaults.size())))];
        ++happened_[name];
        (this->*happen)();
    }

    void freeze(Proxy& proxy) {
        proxy.freeze();
        pass(3'000);
        proxy.thaw();
    }
    void freeze_source() { freeze(it_.source); }
    void freeze_target() { freeze(it_.target); }

    // Every process of a server, as a machine that swaps.
    void stop_server(const Cluster& server) {
        std::ifstream file{server.directory() / "data" / "postmaster.pid"};
        std::string pid;
        std::getline(file, pid);
        const auto signal = [&](const std::string& name) {
            const std::string command =
                "kill -" + name + " " + pid + "; pkill -" + name + " -P " + pid;
            REQUIRE(std::system(command.c_str()) == 0);
        };
        signal("STOP");
        pass(3'000);
        signal("CONT");
    }
    void stop_source() { stop_server(it_.servers.source); }
    void stop_target() { stop_server(it_.servers.target); }

    std::string of_bridge(const std::string& database) const {
        return " FROM pg_stat_activity WHERE datname = '" + database +
               "' AND application_name LIKE 'crossfade%' AND pid <> pg_backend_pid()";
    }
    void end_sessions() {
        it_.road.source_value("SELECT count(pg_terminate_backend(pid))" +
                              of_bridge(it_.road.source_database()));
        it_.road.target_value("SELECT count(pg_terminate_backend(pid))" +
                              of_bridge(it_.road.target_database()));
    }
    // The server ends all sessions and recovers.
    void crash_target() {
        const std::string pid = it_.road.target_value("SELECT coalesce(min(pid), 0)" +
                                                      of_bridge(it_.road.target_database()));
        if (pid == "0") return;
        ::kill(std::stoi(pid), SIGKILL);
        for (const auto end = std::chrono::steady_clock::now() + 60s;;) {
            try {
                it_.road.target_value("SELECT 1");
                return;
            } catch (const std::runtime_error&) {
                if (std::chrono::steady_clock::now() > end) throw;
                std::this_thread::sleep_for(50ms);
            }
        }
    }
    void lock_table() {
        it_.road.target("BEGIN; LOCK TABLE customer, product; SELECT pg_sleep(" +
                        std::to_string(below(2)) + ".5); COMMIT");
    }
    void restart(const std::function<void()>& end) {
        running_ = false;
        end();
        it_.road.start();
        running_ = true;
    }
    void kill_service() {
        restart([&] { it_.road.kill(); });
    }
    void stop_service() {
        restart([&] { it_.stop_in_time(); });
    }

    std::string told() const {
        std::string text;
        for (const auto& [name, times] : happened_)
            text += name + " " + std::to_string(times) + ", ";
        return text;
    }

    std::mt19937 random_;
    Proxied it_;
    std::map<std::string, int> happened_;
    std::atomic<bool> running_ = true;
};

}  // namespace

TEST_CASE("whatever the servers do, the service answers, and all is there in the end",
          "[road][fault][campaign][stalls]") {
    // STALLS_TEST_SEED=n chooses the same faults again.
    const char* const given = std::getenv("STALLS_TEST_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
    INFO("seed " << seed);
    Stalls stalls{seed};
    stalls.run(campaign_seconds(40s));
}
