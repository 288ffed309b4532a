#include "tests/road/road_fixture.hpp"

#include "cli/control_socket.hpp"
#include "cli/json_members.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

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
const fs::path kShop = fs::path{CROSSFADE_SOURCE_DIR} / "tests/mappings/shop";

std::string text_of(const fs::path& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

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

struct TargetTable {
    const char* name;
    const char* id;
};
constexpr TargetTable kTargetTables[] = {
    {"location", "id"},      {"account", "id"},  {"contact", "id"},  {"supplier", "id"},
    {"product", "id"},       {"price", "id"},    {"customer", "id"}, {"purchase", "id"},
    {"purchase_line", "id"}, {"sale", "sale_id"}};

constexpr const char* kSourceTables[] = {
    "country", "archive.country_old", "warehouse", "login", "customer", "supplier", "product",
    "orders",  "order_line",          "delivery",  "stock"};

}  // namespace

ShopServers& ShopServers::shared() {
    static ShopServers servers;
    return servers;
}

ShopServers::ShopServers() {
    source.execute("postgres", "CREATE DATABASE shop_source");
    source.execute("shop_source", text_of(kShop / "source.sql"));
    source.execute("shop_source", text_of(kShop / "change.sql"));
    target.execute("postgres", "CREATE DATABASE shop_target");
    target.execute("shop_target", text_of(kShop / "target.sql"));
}

Road::Road(Settings settings, fs::path key_file) {
    ShopServers& servers = ShopServers::shared();
    source_database_ = servers.source.create_database("source", "TEMPLATE shop_source");
    target_database_ = servers.target.create_database("target", "TEMPLATE shop_target");
    slot_ = "road_" + source_database_;
    write_config(settings, key_file);
}

Road::~Road() {
    try {
        if (runs()) kill();
        const Cluster& server = ShopServers::shared().source;
        const std::string slot = " FROM pg_replication_slots WHERE slot_name = '" + slot_ + "'";
        server.value("postgres",
                     "SELECT pg_terminate_backend(active_pid, 5000)" + slot + " AND active");
        server.value("postgres", "SELECT pg_drop_replication_slot(slot_name)" + slot);
        server.execute("postgres", "DROP DATABASE " + source_database_ + " WITH (FORCE)");
        ShopServers::shared().target.execute("postgres",
                                             "DROP DATABASE " + target_database_ + " WITH (FORCE)");
    } catch (const std::exception&) {
        // The servers go away with the process.
    }
}

void Road::write_config(const Settings& settings, const fs::path& key_file) const {
    const ShopServers& servers = ShopServers::shared();
    Settings all{
        {"source.conninfo", servers.source.conninfo(source_database_)},
        {"source.slot", slot_},
        {"target.conninfo", servers.target.conninfo(target_database_)},
        {"mapping", (kShop.parent_path() / "shop.yaml").string()},
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

void Road::source(const std::string& sql) const {
    ShopServers::shared().source.execute(source_database_, sql);
}

void Road::target(const std::string& sql) const {
    ShopServers::shared().target.execute(target_database_, sql);
}

std::string Road::source_value(const std::string& sql) const {
    return ShopServers::shared().source.value(source_database_, sql);
}

std::string Road::target_value(const std::string& sql) const {
    return ShopServers::shared().target.value(target_database_, sql);
}

void Road::change(int seed, int transactions, int changes_max) const {
    static const char* const offset = std::getenv("ROAD_TEST_SEED");
    seed += offset == nullptr ? 0 : std::atoi(offset);
    source("CALL shop_run(" + std::to_string(seed) + ", " + std::to_string(transactions) + ", " +
           std::to_string(changes_max) + ")");
}

std::vector<std::string> Road::content(int seed) const {
    std::string rows;
    for (const std::string table : kSourceTables) {
        rows += (rows.empty() ? "" : " UNION ALL ") +
                ("SELECT format('INSERT INTO " + table + " SELECT (%L::" + table +
                 ").*', x::text) FROM " + table + " AS x");
    }
    const std::string all =
        source_value("SELECT string_agg(row, E'\\x01' ORDER BY md5(row || " + std::to_string(seed) +
                     ")) FROM (" + rows + ") AS r (row)");
    std::vector<std::string> statements;
    std::istringstream parts{all};
    for (std::string part; std::getline(parts, part, '\x01');)
        statements.push_back(part);
    return statements;
}

void Road::spawn_service(std::vector<std::string> environment) {
    if (runs()) throw std::runtime_error{"the service runs already"};
    service_ = spawn({.argv = {kProgram, "-c", folder_ / "crossfade.yaml", "run"},
                      .environment = std::move(environment),
                      .output = folder_ / "service.log"});
}

bool Road::answers() const {
    const int socket = connect_control(folder_ / "state/crossfade.sock");
    if (socket < 0) return false;
    ::close(socket);
    return true;
}

std::optional<int> Road::poll_end() {
    if (service_ < 0) return 0;
    const auto status = poll_process(service_);
    if (status) service_ = -1;
    return status;
}

bool Road::runs() { return service_ >= 0 && !poll_end(); }

void Road::start() {
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

void Road::start_armed(const std::string& kill_point) {
    spawn_service({"CROSSFADE_KILL_POINT=" + kill_point});
}

int Road::wait_for_end(seconds timeout) {
    std::optional<int> ended;
    if (!wait_until([&] { return (ended = poll_end()).has_value(); }, timeout)) {
        throw std::runtime_error{"the service does not end\n" + log_end()};
    }
    return *ended;
}

void Road::kill() {
    if (service_ < 0) return;
    ::kill(service_, SIGKILL);
    wait_for_end();
}

void Road::stop() {
    ::kill(service_, SIGTERM);
    const int status = wait_for_end();
    if (status != 0) {
        throw std::runtime_error{"the service ended with status " + std::to_string(status) + "\n" +
                                 log_end()};
    }
}

CommandResult Road::command(const std::vector<std::string>& arguments) const {
    const fs::path output = folder_ / "command.log";
    fs::remove(output);
    std::vector<std::string> argv{kProgram, "-c", folder_ / "crossfade.yaml"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const pid_t process = spawn({.argv = argv, .output = output});
    CommandResult result;
    std::optional<int> ended;
    if (!wait_until([&] { return (ended = poll_process(process)).has_value(); }, 2 * kPatience)) {
        ::kill(process, SIGKILL);
        wait_for(process);
        throw std::runtime_error{"crossfade " + arguments.front() + " does not end\n" + log_end()};
    }
    return {.status = *ended, .output = text_of(output)};
}

void Road::settle() const {
    const CommandResult waited = command({"wait", "--timeout", "60s"});
    if (waited.status != 0) throw std::runtime_error{waited.output + "\n" + log_end()};
    if (!wait_until([&] { return status().deferred == 0; }, kPatience)) {
        throw std::runtime_error{"deferred columns are not filled\n" + log_end()};
    }
}

Status Road::status() const {
    const CommandResult answer = command({"status", "--json"});
    if (answer.status != 0) throw std::runtime_error{answer.output + "\n" + log_end()};
    return parse_status(answer.output);
}

std::uint64_t Road::differences() const {
    const CommandResult answer = command({"verify", "--json"});
    const std::size_t json = answer.output.find('{');
    if (answer.status > 1 || json == std::string::npos) {
        throw std::runtime_error{answer.output + "\n" + log_end()};
    }
    const auto members = parse_members(answer.output.substr(json));
    if (!members || !members->contains("differences")) throw std::runtime_error{answer.output};
    const std::uint64_t count = std::stoull(members->at("differences"));
    CHECK((answer.status == 0) == (count == 0));
    if (count != 0) UNSCOPED_INFO(answer.output.substr(0, 6000));
    return count;
}

std::string Road::dump() const {
    std::string text;
    for (const TargetTable& table : kTargetTables) {
        text += target_value("SELECT coalesce(string_agg('" + std::string{table.name} +
                             " ' || (to_jsonb(t) - 'updated_at')::text || E'\\n', '' ORDER BY " +
                             table.id + "), '') FROM " + table.name + " AS t");
    }
    return text;
}

std::string Road::row_versions() const {
    std::string text;
    for (const TargetTable& table : kTargetTables) {
        text += target_value("SELECT coalesce(string_agg(t." + std::string{table.id} +
                             " || ' ' || xmin || ' ' || ctid || E'\\n', '' ORDER BY " + table.id +
                             "), '') FROM " + table.name + " AS t");
    }
    return text;
}

std::string Road::useless_updates() const {
    return target_value(
        "SELECT coalesce(string_agg(table_name || ' ' || row::text, E'\\n'), '') FROM "
        "useless_update");
}

std::string Road::log_end() const {
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

void check_agreement(const Road& road) {
    CHECK(road.differences() == 0);
    CHECK(road.useless_updates() == "");
    for (const EntityAccount& entity : road.status().entities) {
        INFO("entity " << entity.name);
        CHECK(entity.pending() == 0);
    }
}

}  // namespace crossfade::test
