// Three clients that hold, verify, retry and die at random against one service under load.
#include "tests/road/road_fixture.hpp"
#include "tests/road/waiting_client.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <atomic>
#include <csignal>
#include <mutex>
#include <random>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// A client in a thread of its own; Catch2 is asked for nothing there.
class RandomClient {
public:
    RandomClient(const EndToEnd& road, unsigned seed, int number)
        : road_{road},
          random_{seed},
          output_{road.folder() / ("client-" + std::to_string(number))} {}

    void run(const std::atomic<bool>& stop) {
        try {
            while (!stop && wrong_.empty()) {
                switch (below(4)) {
                    case 0: hold(); break;
                    case 1: command({"quarantine", "retry", "--all"}); break;
                    default: command({"verify"});
                }
            }
        } catch (const std::exception& error) {
            wrong_ = error.what();
        }
    }
    const std::string& wrong() const { return wrong_; }
    int verified() const { return verified_; }
    int killed() const { return killed_; }
    int told() const { return told_; }

private:
    int below(int count) { return std::uniform_int_distribution<int>{0, count - 1}(random_); }
    void pass(int milliseconds) {
        std::this_thread::sleep_for(std::chrono::milliseconds{below(milliseconds)});
    }

    // Goes away at any step.
    void hold() {
        WaitingClient client{road_.folder() / "state/crossfade.sock"};
        const std::string token = client.pause();
        if (token.empty()) {
            ++told_;
            return pass(100);
        }
        if (below(4) == 0) return;
        client.ask_hold(token, below(3) == 0 ? "FFFFFFFF/0" : "0/1");
        pass(200);
        if (below(2) == 0) return;
        client.vanish();
    }

    void command(const std::vector<std::string>& arguments) {
        std::vector<std::string> argv{CROSSFADE_BINARY_DIR "/crossfade", "-c",
                                      road_.folder() / "crossfade.yaml"};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        std::filesystem::remove(output_);
        const pid_t process = spawn({.argv = argv, .output = output_});
        if (below(3) == 0) {
            pass(400);
            ::kill(process, SIGKILL);
        }
        const int status = wait_for(process);
        const std::string text = text_of(output_);
        const bool verify = arguments.front() == "verify";
        if (status == kKilled) {
            ++killed_;
        } else if (text.find("has held the bridge") != std::string::npos) {
            ++told_;
        } else if (status == 0 && verify) {
            ++verified_;
        } else if (status == 2 || (verify && status != 0)) {
            wrong_ = arguments.front() + " ended with status " + std::to_string(status) + ": " +
                     text.substr(0, 3000);
        }
    }

    const EndToEnd& road_;
    std::mt19937 random_;
    std::filesystem::path output_;
    std::string wrong_;
    int verified_ = 0;
    int killed_ = 0;
    int told_ = 0;
};

// Rows, names that are claimed, and a fan-out. No TRUNCATE: no snapshot outlives one.
void write(const EndToEnd& road, int round) {
    const std::string number = std::to_string(round);
    const std::string id = std::to_string(50'000 + round % 50);
    road.source("BEGIN; DELETE FROM login WHERE id = " + id +
                "; INSERT INTO login (id, username, email, active, created) VALUES (" + id +
                ", 'name" + std::to_string(round % 7) + "', 'e" + id +
                "@example.org', 1, now()); COMMIT; UPDATE product SET title = 'title " + number +
                "' WHERE id % 3 = " + std::to_string(round % 3));
    if (round % 10 == 0) road.source("UPDATE country SET name = code || ' " + number + "'");
}

std::vector<std::string> left_behind(const Bridge& road) {
    std::vector<std::string> names;
    for (const auto& folder : {road.folder(), road.folder() / "state"}) {
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            const std::string name = entry.path().filename();
            if (name.starts_with("checkpoint-") || name.starts_with("state.verify"))
                names.push_back(name);
        }
    }
    return names;
}

}  // namespace

TEST_CASE("clients that hold, verify, retry and die at random leave a service that streams",
          "[road][fault][campaign][hold]") {
    EndToEnd road;
    road.target("INSERT INTO refusal VALUES ('account', 'username', 'berta')");
    road.change(61, 40, 4);
    road.start();
    road.settle();
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::atomic<bool> stop{false};
    std::vector<std::unique_ptr<RandomClient>> clients;
    std::vector<std::thread> threads;
    for (int number = 0; number < 3; ++number) {
        const unsigned own = seed + static_cast<unsigned>(number);
        clients.push_back(std::make_unique<RandomClient>(road, own, number));
        threads.emplace_back([&stop, client = clients.back().get()] { client->run(stop); });
    }
    std::string application;
    const auto end = std::chrono::steady_clock::now() + campaign_seconds(std::chrono::seconds{10});
    try {
        for (int round = 0; std::chrono::steady_clock::now() < end; ++round)
            write(road, round);
    } catch (const std::exception& error) {
        application = error.what();
    }
    stop = true;
    for (std::thread& thread : threads)
        thread.join();
    CHECK(application == "");
    int verified = 0;
    int killed = 0;
    int told = 0;
    for (const auto& client : clients) {
        CHECK(client->wrong() == "");
        verified += client->verified();
        killed += client->killed();
        told += client->told();
    }
    WARN("verified " << verified << ", killed " << killed << ", told who holds " << told);
    CHECK(verified > 0);
    REQUIRE(road.runs());
    road.settle();
    check_agreement(road);
    CHECK(road.status().phase == "streaming");
    CHECK(left_behind(road) == std::vector<std::string>{});
    road.stop();
}
