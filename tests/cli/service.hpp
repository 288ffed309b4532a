// The service of a shop.
#pragma once

#include "tests/cli/program.hpp"

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>

namespace crossfade::test {

// `crossfade run` in the background; stopped by SIGTERM.
class Service {
public:
    explicit Service(const Shop& shop) : shop_{shop} { start(); }
    ~Service() {
        if (process_ > 0) stop();
    }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void start() {
        std::filesystem::remove(shop_.program().path("log"));
        process_ = spawn({.argv = {CROSSFADE_BINARY_DIR "/crossfade", "-c",
                                   shop_.program().path("crossfade.yaml").string(), "run"},
                          .output = shop_.program().path("log")});
    }
    int stop(int signal = SIGTERM) {
        ::kill(process_, signal);
        return wait_for(std::exchange(process_, -1));
    }
    // Since the last start.
    std::string log() const { return read_text(shop_.program().path("log")); }

private:
    const Shop& shop_;
    pid_t process_ = -1;
};

}  // namespace crossfade::test
