#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace crossfade::test {

struct Spawn {
    std::vector<std::string> argv;              // argv[0] is looked up in PATH
    std::vector<std::string> environment = {};  // NAME=value, added to ours
    std::filesystem::path output = {};  // appended to with stdout and stderr; empty: /dev/null
    int input = -1;                     // becomes stdin; -1: /dev/null
    bool as_server_user = false;        // as `postgres` when we are root
    bool own_session = false;           // a ^C at the terminal does not reach it
};

// Starts a process; throws std::runtime_error if it cannot be started. The caller waits for it.
pid_t spawn(const Spawn& what);

// Waits for a process and returns its exit status, 128 + signal if it was killed.
int wait_for(pid_t process);

// spawn, then wait_for.
int run(const Spawn& what);

}  // namespace crossfade::test
