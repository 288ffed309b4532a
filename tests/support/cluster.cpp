#include "tests/support/cluster.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/process.hpp"

namespace crossfade::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "crossfade-cluster.";
constexpr int kStartAttempts = 5;

using ConnectionPtr = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// CROSSFADE_PG_BINDIR, else the newest server that Debian has installed.
fs::path find_binaries() {
    if (const char* given = std::getenv("CROSSFADE_PG_BINDIR")) {
        return given;
    }
    fs::path best;
    int best_version = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        const std::string name = entry.path().filename();
        int version = 0;
        std::from_chars(name.data(), name.data() + name.size(), version);
        if (version > best_version && fs::exists(entry.path() / "bin" / "initdb")) {
            best_version = version;
            best = entry.path() / "bin";
        }
    }
    if (best.empty()) {
        throw std::runtime_error(
            "no PostgreSQL server below /usr/lib/postgresql; "
            "scripts/lib/install.sh installs it");
    }
    return best;
}

// The folder's name ends in the pid of its owner; what a dead owner left behind, because even its
// reaper was killed, is removed by whoever comes next.
void remove_stale_folders(const fs::path& base, const fs::path& binaries) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(base, ignored)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(kFolderPrefix)) {
            continue;
        }
        pid_t owner = 0;
        std::from_chars(name.data() + kFolderPrefix.size(), name.data() + name.size(), owner);
        if (owner <= 0 || kill(owner, 0) == 0 || errno != ESRCH) {
            continue;
        }
        run({.argv = {binaries / "pg_ctl", "-D", entry.path() / "data", "-m", "immediate", "stop"},
             .as_server_user = true});
        fs::remove_all(entry.path(), ignored);
    }
}

int free_port() {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const bool good = descriptor >= 0 &&
                      bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                      getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (!good) {
        throw std::runtime_error("no free port on the loopback");
    }
    return ntohs(address.sin_port);
}

ResultPtr execute_on(const std::string& conninfo, const std::string& sql) {
    const ConnectionPtr connection(PQconnectdb(conninfo.c_str()), &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    ResultPtr result(PQexec(connection.get(), sql.c_str()), &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        throw std::runtime_error(PQerrorMessage(connection.get()) + ("in: " + sql.substr(0, 400)));
    }
    return result;
}

}  // namespace

Cluster::Cluster(ClusterOptions options) : binaries_{find_binaries()} {
    const fs::path base = fs::temp_directory_path();
    remove_stale_folders(base, binaries_);

    std::string folder = base / (std::string(kFolderPrefix) + std::to_string(getpid()) + ".XXXXXX");
    if (mkdtemp(folder.data()) == nullptr) {
        throw std::runtime_error("cannot create a folder below " + base.string());
    }
    directory_ = folder;
    try {
        start_reaper();
        initialize(options);
        start();
    } catch (...) {
        release();
        throw;
    }
}

Cluster::~Cluster() { release(); }

Cluster& Cluster::shared() {
    static Cluster cluster;
    return cluster;
}

void Cluster::start_reaper() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe2 failed");
    }
    reaper_pipe_ = ends[1];
    // `read` returns when the last writing end closes, which only this process has.
    const std::string script = "read -r _; '" + (binaries_ / "pg_ctl").string() + "' -D '" +
                               directory_.string() + "/data' -m immediate stop; cd / && rm -rf '" +
                               directory_.string() + "'";
    if (geteuid() == 0) {
        const passwd* user = getpwnam("postgres");
        if (user == nullptr || chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) {
            close(ends[0]);
            throw std::runtime_error(
                "we are root and there is no user postgres to run a server as");
        }
    }
    reaper_ = spawn({.argv = {"sh", "-c", script},
                     .input = ends[0],
                     .as_server_user = true,
                     .own_session = true});
    close(ends[0]);
}

void Cluster::release() noexcept {
    if (reaper_ > 0) {
        close(reaper_pipe_);
        try {
            wait_for(reaper_);
        } catch (...) {
            // Somebody else has waited for it; nothing is left to do.
        }
        reaper_ = -1;
    }
    // Below a sticky /tmp the server's user may empty the folder but, owning it, also remove it;
    // this removes it where the reaper could not start.
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

void Cluster::initialize(const ClusterOptions& options) {
    const int status =
        run({.argv = {binaries_ / "initdb", "-D", directory_ / "data", "-U", "postgres", "-A",
                      "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"},
             .output = directory_ / "initdb.log",
             .as_server_user = true});
    if (status != 0) {
        throw std::runtime_error("initdb failed:\n" + text_of(directory_ / "initdb.log"));
    }
    write_settings(options);
}

void Cluster::write_settings(const ClusterOptions& options) const {
    const char* fsync = options.fsync ? "on" : "off";
    std::ofstream file(directory_ / "data" / "postgresql.conf", std::ios::app);
    file << "\nlisten_addresses = '127.0.0.1'\n"
         << "unix_socket_directories = '" << directory_.string() << "'\n"
         << "wal_level = logical\n"
         << "max_replication_slots = 256\nmax_wal_senders = 64\nmax_connections = 200\n"
         << "max_prepared_transactions = 16\nmax_logical_replication_workers = 0\n"
         << "shared_buffers = '64MB'\nmax_wal_size = '512MB'\njit = off\n"
         << "fsync = " << fsync << "\nfull_page_writes = " << fsync << "\n"
         << "log_line_prefix = '%m [%p] %a '\nlog_timezone = 'UTC'\ntimezone = 'UTC'\n";
    // Servers from 15.19 on admit only listed output plugins; earlier ones refuse to start when
    // they meet the setting, so the server itself is asked whether it knows it.
    const bool knows = run({.argv = {binaries_ / "postgres", "-D", directory_ / "data", "-C",
                                     "output_plugin_libraries"},
                            .as_server_user = true}) == 0;
    if (knows) {
        file << "output_plugin_libraries = 'pgoutput, test_decoding, wal2json'\n";
    }
    for (const auto& [name, value] : options.settings) {
        file << name << " = " << value << "\n";
    }
}

void Cluster::start() {
    // A port found free may be taken by the time the server binds it; once it has been used it
    // stays, since clients know it.
    for (int attempt = 1;; ++attempt) {
        const int port = port_ != 0 ? port_ : free_port();
        const int status =
            run({.argv = {binaries_ / "pg_ctl", "-D", directory_ / "data", "-w", "-t", "60", "-l",
                          log_path(), "-o", "-p " + std::to_string(port), "start"},
                 .as_server_user = true});
        if (status == 0) {
            port_ = port;
            return;
        }
        if (attempt == kStartAttempts) {
            throw std::runtime_error("PostgreSQL does not start:\n" + text_of(log_path()));
        }
    }
}

void Cluster::stop(StopMode mode) {
    const char* name = mode == StopMode::fast ? "fast" : "immediate";
    const int status = run({.argv = {binaries_ / "pg_ctl", "-D", directory_ / "data", "-w", "-t",
                                     "60", "-m", name, "stop"},
                            .as_server_user = true});
    if (status != 0) {
        throw std::runtime_error("PostgreSQL does not stop:\n" + text_of(log_path()));
    }
}

void Cluster::restart(StopMode mode) {
    stop(mode);
    start();
}

std::string Cluster::conninfo(std::string_view database) const {
    return "host=" + directory_.string() + " port=" + std::to_string(port_) +
           " user=postgres dbname=" + std::string(database);
}

std::string Cluster::tcp_conninfo(std::string_view database) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) +
           " user=postgres dbname=" + std::string(database);
}

std::string Cluster::create_database(std::string_view prefix, std::string_view with) {
    std::string name = std::string(prefix) + "_" + std::to_string(++databases_);
    execute("postgres", "CREATE DATABASE \"" + name + "\" " + std::string(with));
    return name;
}

void Cluster::execute(std::string_view database, const std::string& sql) const {
    execute_on(conninfo(database), sql);
}

std::string Cluster::value(std::string_view database, const std::string& sql) const {
    const ResultPtr result = execute_on(conninfo(database), sql);
    if (PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0) {
        return "";
    }
    return PQgetvalue(result.get(), 0, 0);
}

}  // namespace crossfade::test
