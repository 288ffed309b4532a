#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace crossfade::test {

enum class StopMode { fast, immediate };

struct ClusterOptions {
    // Off makes tests quick; a test that kills the *machine* cannot be written here anyway, and a
    // server that is stopped with `immediate` keeps what it handed to the kernel.
    bool fsync = false;
    // More settings of postgresql.conf, written as they are: {"max_slot_wal_keep_size", "'64MB'"}.
    std::vector<std::pair<std::string, std::string>> settings;
};

// A private PostgreSQL server for one test process: a data directory and a socket below a temporary
// folder, TCP on a free port of the loopback, trust authentication, wal_level=logical. It runs as
// the user `postgres` when the tests run as root (the server refuses root), else as ourselves.
//
// Owns the server and the folder. A reaper process holds the other end of a pipe: however this
// process ends, also by SIGKILL, the reaper sees the pipe close, stops the server and removes the
// folder.
//
// Throws std::runtime_error if a server cannot be had: a test that needs one fails, it is not
// skipped.
class Cluster {
public:
    explicit Cluster(ClusterOptions options = {});
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    // The server that the tests of this process share, started when it is first asked for. Tests
    // keep apart by databases of their own (create_database) and must not stop it.
    static Cluster& shared();

    // libpq conninfo over the Unix socket, or over TCP.
    std::string conninfo(std::string_view database = "postgres") const;
    std::string tcp_conninfo(std::string_view database = "postgres") const;
    int port() const noexcept { return port_; }
    // Host of socket connections: the folder of the socket.
    const std::filesystem::path& directory() const noexcept { return directory_; }
    std::filesystem::path log_path() const { return directory_ / "server.log"; }

    // Creates a database under a name of its own that begins with `prefix`, and returns the name.
    // `with` goes behind CREATE DATABASE name: "ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'".
    std::string create_database(std::string_view prefix, std::string_view with = "");

    // Runs one or more statements; throws on the first error.
    void execute(std::string_view database, const std::string& sql) const;
    // The first column of the first row as text; empty for NULL or no row.
    std::string value(std::string_view database, const std::string& sql) const;

    void start();
    void stop(StopMode mode = StopMode::fast);
    void restart(StopMode mode = StopMode::fast);

private:
    void initialize(const ClusterOptions& options);
    void write_settings(const ClusterOptions& options) const;
    void start_reaper();
    void release() noexcept;

    std::filesystem::path directory_;
    std::filesystem::path binaries_;
    int port_ = 0;
    int reaper_pipe_ = -1;
    pid_t reaper_ = -1;
    int databases_ = 0;
};

}  // namespace crossfade::test
