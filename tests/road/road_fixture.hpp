// The whole road on real servers: a source and a target database of the shop
// (tests/mappings/shop.yaml), a configuration and a state in a temporary folder, and the program
// `crossfade` between them, to be started, stopped, killed and asked like an operator would.
#pragma once

#include "cli/status.hpp"
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

// Two servers for all tests of the process, with the shop's databases as templates.
class ShopServers {
public:
    static ShopServers& shared();
    Cluster source;
    Cluster target;

private:
    ShopServers();
};

// What a command of the program printed (both streams) and how it ended.
struct CommandResult {
    int status = -1;
    std::string output;
};

inline constexpr int kKilled = 128 + 9;

// Everything throws std::runtime_error, with the end of the service's log, if the program does not
// do in time what it is asked for.
class Road {
public:
    using Settings = std::map<std::string, std::string>;  // "batch.transactions_max" -> "2"

    // Fresh databases, no state. `key_file`: of the secrets, shared by roads whose targets are
    // compared; empty: one of its own.
    explicit Road(Settings settings = {}, std::filesystem::path key_file = {});
    ~Road();  // kills the service and removes the slot, the databases and the folder
    Road(const Road&) = delete;
    Road& operator=(const Road&) = delete;

    // --- the databases
    void source(const std::string& sql) const;
    void target(const std::string& sql) const;
    std::string source_value(const std::string& sql) const;
    std::string target_value(const std::string& sql) const;
    // Random transactions of 1 to `changes_max` changes each, the same for the same seed
    // (shop/change.sql). ROAD_TEST_SEED in the environment is added to every seed.
    void change(int seed, int transactions, int changes_max) const;
    // INSERT statements that make up the source's content, one a row, in an order that `seed`
    // shuffles across all tables.
    std::vector<std::string> content(int seed) const;

    // --- the service: crossfade run
    // Until it answers. Of a service that is to kill itself use start_armed.
    void start();
    // With CROSSFADE_KILL_POINT=kill_point; returns at once.
    void start_armed(const std::string& kill_point);
    // Until the service is gone; its exit status, 128 + signal.
    int wait_for_end(std::chrono::seconds timeout = std::chrono::seconds{60});
    bool runs();
    void kill();  // SIGKILL
    void stop();  // SIGTERM; it must end with status 0

    // --- other commands
    CommandResult command(const std::vector<std::string>& arguments) const;
    // crossfade wait; then until deferred columns are filled, too.
    void settle() const;
    Status status() const;
    // crossfade verify --json: the number of differences. Prints the first ones to the test's log.
    std::uint64_t differences() const;

    // --- the target
    // Every row of every table of the mapping as one text, without the columns that triggers keep.
    std::string dump() const;
    // Where each row's version stands: changes with every write, also of equal values.
    std::string row_versions() const;
    // UPDATEs that changed nothing but what triggers keep.
    std::string useless_updates() const;

    const std::string& source_database() const { return source_database_; }
    const std::string& target_database() const { return target_database_; }
    const std::filesystem::path& folder() const { return folder_.path(); }
    std::string log_end() const;  // the last lines of the service's log

private:
    void write_config(const Settings& settings, const std::filesystem::path& key_file) const;
    void spawn_service(std::vector<std::string> environment);
    bool answers() const;
    std::optional<int> poll_end();

    TemporaryDirectory folder_;
    std::string source_database_;
    std::string target_database_;
    std::string slot_;
    pid_t service_ = -1;
};

// The lines of two dumps that are not in both, each marked with its side; empty: they are equal.
std::string differing_lines(const std::string& left, const std::string& right);

// Fails the running test case unless everything agrees: the target is what the mapping makes of the
// source, every source row is accounted for, and nothing was written in vain.
void check_agreement(const Road& road);

}  // namespace crossfade::test
