// The program `crossfade` between two databases of tests: a source and a target copied from
// templates, a configuration and a state in a temporary folder, and the service, to be started,
// stopped, killed and asked like an operator would. Tests of the whole program derive from it.
#pragma once

#include "tests/state/temporary_directory.hpp"
#include "tests/support/cluster.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace crossfade::test {

// What a command of the program printed (both streams) and how it ended.
struct CommandResult {
    int status = -1;
    std::string output;
};

inline constexpr int kKilled = 128 + 9;

// Where a bridge's databases come from. The servers must outlive it.
struct BridgeEnds {
    Cluster& source;
    std::string source_template;
    Cluster& target;
    std::string target_template;
    std::filesystem::path mapping;
};

// Everything throws std::runtime_error, with the end of the service's log, if the program does not
// do in time what it is asked for.
class Bridge {
public:
    using Settings = std::map<std::string, std::string>;  // "batch.transactions_max" -> "2"

    // Fresh databases, no state. `settings` win over the mapping of `ends` and what else is set.
    // `key_file`: of the secrets, shared by bridges whose targets are compared; empty: its own.
    Bridge(const BridgeEnds& ends, const Settings& settings, const std::filesystem::path& key_file);
    ~Bridge();  // kills the service and removes the slot, the databases and the folder
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    // --- the databases
    void source(const std::string& sql) const;
    void target(const std::string& sql) const;
    std::string source_value(const std::string& sql) const;
    std::string target_value(const std::string& sql) const;

    // --- the service: crossfade run
    // Until it answers. Of a service that is to kill itself use start_armed.
    void start();
    // With CROSSFADE_KILL_POINT=kill_point; returns at once.
    void start_armed(const std::string& kill_point);
    // Until the service is gone; its exit status, 128 + signal.
    int wait_for_end(std::chrono::seconds timeout = std::chrono::seconds{60});
    bool runs();
    pid_t service() const { return service_; }  // -1: it does not run
    void kill();                                // SIGKILL
    void stop();                                // SIGTERM; it must end with status 0

    // Changes tables of the target as an operator does: the service is stopped meanwhile, and what
    // is new of them is accepted.
    void alter_target(const std::string& sql);

    // --- other commands
    CommandResult command(const std::vector<std::string>& arguments,
                          std::chrono::seconds timeout = std::chrono::seconds{120}) const;
    // crossfade wait; then until deferred columns are filled, too.
    void settle(std::chrono::seconds timeout = std::chrono::seconds{60}) const;
    std::string status_json() const;
    // crossfade verify --json: the number of differences. Prints the first ones to the test's log.
    std::uint64_t differences() const;

    const std::string& source_database() const { return source_database_; }
    const std::string& target_database() const { return target_database_; }
    const std::filesystem::path& folder() const { return folder_.path(); }
    std::string log_end() const;  // the last lines of the service's log

private:
    void write_config(const BridgeEnds& ends, const Settings& settings,
                      const std::filesystem::path& key_file) const;
    void spawn_service(std::vector<std::string> environment);
    bool answers() const;
    std::optional<int> poll_end();

    TemporaryDirectory folder_;
    Cluster& source_server_;
    Cluster& target_server_;
    std::string source_database_;
    std::string target_database_;
    std::string slot_;
    pid_t service_ = -1;
};

// The whole content of a file; empty if there is none.
std::string text_of(const std::filesystem::path& path);

// The lines of two dumps that are not in both, each marked with its side; empty: they are equal.
std::string differing_lines(const std::string& left, const std::string& right);

}  // namespace crossfade::test
