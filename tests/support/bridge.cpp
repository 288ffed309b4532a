#include "tests/support/bridge.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace crossfade::test {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPause{20};
constexpr seconds kPatience{60};

const fs::path kProgram = fs::path{CROSSFADE_BINARY_DIR} / "crossfade";

// True once `done` is, false if that takes too long.
template <class Done>
bool wait_until(Done done, milliseconds timeout) {
    for (const auto end = Clock::now() + timeout; !done();) {
        if (Clock::now() > end) return false;
        std::this_thread::sleep_for(kPause);
    }
    return true;
}

std::optional<int> poll_process(pid_t process) {
    int status = 0;
    if (::waitpid(process, &status, WNOHANG) != process) return std::nullopt;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A number among the members of a JSON object that the program printed, those of inner objects
// aside.
std::optional<std::uint64_t> number_of(const std::string& json, const std::string& member) {
    int depth = 0;
    for (std::size_t at = json.find('{'); at < json.size(); ++at) {
        if (json[at] == '{' || json[at] == '[') ++depth;
        if (json[at] == '}' || json[at] == ']') --depth;
        if (json[at] != '"') continue;
        std::size_t end = at + 1;
        while (end < json.size() && json[end] != '"')
            end += json[end] == '\\' ? 2 : 1;
        const bool found = depth == 1 && json.compare(at + 1, end - at - 1, member) == 0;
        at = end;
        if (!found) continue;
        const std::size_t digits = json.find_first_not_of(": ", end + 1);
        if (digits == std::string::npos || json[digits] < '0' || json[digits] > '9') break;
        return std::stoull(json.substr(digits));
    }
    return std::nullopt;
}

}  // namespace

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Bridge::Bridge(const BridgeEnds& ends, const Settings& settings, const fs::path& key_file)
    : source_server_{ends.source},
      target_server_{ends.target},
      source_database_{source_server_.create_database(
          "source", "TEMPLATE " + ends.source_template + " STRATEGY FILE_COPY")},
      target_database_{target_server_.create_database(
          "target", "TEMPLATE " + ends.target_template + " STRATEGY FILE_COPY")},
      slot_{"bridge_" + source_database_} {
    write_config(ends, settings, key_file);
}

Bridge::~Bridge() {
    try {
        if (runs()) kill();
        const std::string slot = " FROM pg_replication_slots WHERE slot_name = '" + slot_ + "'";
        source_server_.value(
            "postgres", "SELECT pg_terminate_backend(active_pid, 5000)" + slot + " AND active");
        source_server_.value("postgres", "SELECT pg_drop_replication_slot(slot_name)" + slot);
        source_server_.execute("postgres", "DROP DATABASE " + source_database_ + " WITH (FORCE)");
        target_server_.execute("postgres", "DROP DATABASE " + target_database_ + " WITH (FORCE)");
    } catch (const std::exception&) {
        // The servers go away with the process.
    }
}

void Bridge::write_config(const BridgeEnds& ends, const Settings& settings,
                          const fs::path& key_file) const {
    Settings all{
        {"source.conninfo", source_server_.conninfo(source_database_)},
        {"source.slot", slot_},
        {"target.conninfo", target_server_.conninfo(target_database_)},
        {"mapping", ends.mapping.string()},
        {"state", (folder_ / "state").string()},
        {"secrets.key_file", (key_file.empty() ? folder_ / "secret.key" : key_file).string()},
        {"secrets.bcrypt_cost", "4"},
        {"retry.first", "50ms"},
        {"retry.max", "500ms"}};
    for (const auto& [path, value] : settings)
        all[path] = value;
    // The map is ordered, so members of a section follow each other.
    std::ofstream file{folder_ / "crossfade.yaml"};
    std::string open;
    for (const auto& [path, value] : all) {
        const std::size_t dot = path.find('.');
        if (dot == std::string::npos) {
            file << path << ": '" << value << "'\n";
            continue;
        }
        if (path.substr(0, dot) != open) {
            open = path.substr(0, dot);
            file << open << ":\n";
        }
        file << "  " << path.substr(dot + 1) << ": '" << value << "'\n";
    }
    file.close();
    fs::permissions(folder_ / "crossfade.yaml", fs::perms::owner_read | fs::perms::owner_write);
}

void Bridge::source(const std::string& sql) const { source_server_.execute(source_database_, sql); }

void Bridge::target(const std::string& sql) const { target_server_.execute(target_database_, sql); }

std::string Bridge::source_value(const std::string& sql) const {
    return source_server_.value(source_database_, sql);
}

std::string Bridge::target_value(const std::string& sql) const {
    return target_server_.value(target_database_, sql);
}

void Bridge::spawn_service(std::vector<std::string> environment) {
    if (runs()) throw std::runtime_error{"the service runs already"};
    service_ = spawn({.argv = {kProgram, "-c", folder_ / "crossfade.yaml", "run"},
                      .environment = std::move(environment),
                      .output = folder_ / "service.log"});
}

bool Bridge::answers() const {
    const std::string path = (folder_ / "state/crossfade.sock").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) throw std::runtime_error{path + " is too long"};
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(socket);
    return connected;
}

std::optional<int> Bridge::poll_end() {
    if (service_ < 0) return 0;
    const auto status = poll_process(service_);
    if (status) service_ = -1;
    return status;
}

bool Bridge::runs() { return service_ >= 0 && !poll_end(); }

void Bridge::start() {
    spawn_service({});
    std::optional<int> ended;
    const bool up = wait_until([&] { return (ended = poll_end()) || answers(); }, kPatience);
    if (ended || !up) {
        throw std::runtime_error{"the service " +
                                 (ended ? "ended with status " + std::to_string(*ended)
                                        : std::string{"does not answer"}) +
                                 "\n" + log_end()};
    }
}

void Bridge::start_armed(const std::string& kill_point) {
    spawn_service({"CROSSFADE_KILL_POINT=" + kill_point});
}

int Bridge::wait_for_end(seconds timeout) {
    std::optional<int> ended;
    if (!wait_until([&] { return (ended = poll_end()).has_value(); }, timeout)) {
        throw std::runtime_error{"the service does not end\n" + log_end()};
    }
    return *ended;
}

void Bridge::kill() {
    if (service_ < 0) return;
    ::kill(service_, SIGKILL);
    wait_for_end();
}

void Bridge::stop() {
    ::kill(service_, SIGTERM);
    const int status = wait_for_end();
    if (status != 0) {
        throw std::runtime_error{"the service ended with status " + std::to_string(status) + "\n" +
                                 log_end()};
    }
}

void Bridge::alter_target(const std::string& sql) {
    stop();
    target(sql);
    const CommandResult accepted = command({"check", "--accept-target"});
    if (accepted.status != 0) throw std::runtime_error{accepted.output};
    start();
    settle();
}

CommandResult Bridge::command(const std::vector<std::string>& arguments, seconds timeout) const {
    const fs::path output = folder_ / "command.log";
    fs::remove(output);
    std::vector<std::string> argv{kProgram, "-c", folder_ / "crossfade.yaml"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const pid_t process = spawn({.argv = argv, .output = output});
    CommandResult result;
    std::optional<int> ended;
    if (!wait_until([&] { return (ended = poll_process(process)).has_value(); }, timeout)) {
        ::kill(process, SIGKILL);
        wait_for(process);
        throw std::runtime_error{"crossfade " + arguments.front() + " does not end\n" + log_end()};
    }
    return {.status = *ended, .output = text_of(output)};
}

void Bridge::settle(seconds timeout) const {
    const CommandResult waited =
        command({"wait", "--timeout", std::to_string(timeout.count()) + "s"}, 2 * timeout);
    if (waited.status != 0) throw std::runtime_error{waited.output + "\n" + log_end()};
    if (!wait_until([&] { return number_of(status_json(), "deferred") == 0U; }, timeout)) {
        throw std::runtime_error{"deferred columns are not filled\n" + log_end()};
    }
}

std::string Bridge::status_json() const {
    const CommandResult answer = command({"status", "--json"});
    if (answer.status != 0) throw std::runtime_error{answer.output + "\n" + log_end()};
    return answer.output;
}

std::uint64_t Bridge::differences() const {
    const CommandResult answer = command({"verify", "--json"});
    const auto count = number_of(answer.output, "differences");
    if (answer.status > 1 || !count) {
        throw std::runtime_error{"crossfade verify ended with status " +
                                 std::to_string(answer.status) + "\n" + answer.output + "\n" +
                                 log_end()};
    }
    CHECK((answer.status == 0) == (*count == 0));
    if (*count != 0) UNSCOPED_INFO(answer.output.substr(0, 6000));
    return *count;
}

std::string Bridge::log_end() const {
    const std::string log = text_of(folder_ / "service.log");
    return log.size() < 3000 ? log : log.substr(log.size() - 3000);
}

std::string differing_lines(const std::string& left, const std::string& right) {
    if (left == right) return {};
    const auto lines_of = [](const std::string& text) {
        std::set<std::string> lines;
        std::istringstream parts{text};
        for (std::string line; std::getline(parts, line);)
            lines.insert(line);
        return lines;
    };
    const std::set<std::string> left_lines = lines_of(left);
    const std::set<std::string> right_lines = lines_of(right);
    std::string text;
    for (const std::string& line : left_lines) {
        if (!right_lines.contains(line)) text += "< " + line + "\n";
    }
    for (const std::string& line : right_lines) {
        if (!left_lines.contains(line)) text += "> " + line + "\n";
    }
    return text.empty() ? "the same lines, in another order or number" : text;
}

}  // namespace crossfade::test
