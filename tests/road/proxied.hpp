// The whole road with a proxy before each of its servers, that can stop what goes through.
#pragma once

#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/proxy.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace crossfade::test {

class Proxied {
public:
    explicit Proxied(Bridge::Settings settings = {})
        : road{[&] {
              settings.insert({{"retry.silence", "1s"}, {"retry.connect_timeout", "1s"}});
              return settings;
          }()} {
        go_through(servers.source, source, road.source_database());
        go_through(servers.target, target, road.target_database());
    }
    Proxy& side(const std::string& name) { return name == "source" ? source : target; }
    std::string log() const { return text_of(road.folder() / "service.log"); }
    template <class Done>
    void wait_until(Done done) const {
        for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60}; !done();
             std::this_thread::sleep_for(std::chrono::milliseconds{20})) {
            if (std::chrono::steady_clock::now() > end)
                FAIL("it does not happen\n" << road.log_end());
        }
    }
    void add_customer(int id) const {
        road.source("INSERT INTO customer (id, name, active, created) VALUES (" +
                    std::to_string(id) + ", 'Late', 1, now())");
    }
    // SIGTERM; it must end with status 0.
    void stop_in_time() {
        const auto began = std::chrono::steady_clock::now();
        road.stop();
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
    }
    void check_all_is_there(int id) {
        if (!road.runs()) road.start();
        road.settle();
        check_agreement(road);
        CHECK(road.target_value("SELECT count(*) FROM customer WHERE name = 'Late'") ==
              std::to_string(id));
    }

    ShopServers& servers = ShopServers::shared();
    Proxy source{servers.source.port()};
    Proxy target{servers.target.port()};
    EndToEnd road;

private:
    void go_through(const Cluster& server, const Proxy& proxy, const std::string& database) const {
        const auto file = road.folder() / "crossfade.yaml";
        std::string text = text_of(file);
        const std::string direct = server.conninfo(database);
        const std::size_t at = text.find(direct);
        REQUIRE(at != std::string::npos);
        text.replace(at, direct.size(),
                     "host=127.0.0.1 port=" + std::to_string(proxy.port()) +
                         " user=postgres dbname=" + database);
        std::ofstream{file} << text;
    }
};

}  // namespace crossfade::test
