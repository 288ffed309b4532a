#include "config/reader.hpp"

#include "config/settings.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// A folder with a mapping and a crossfade.yaml of the given text.
class Folder {
public:
    explicit Folder(const std::string& text) {
        std::string name = fs::temp_directory_path() / "crossfade-config.XXXXXX";
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = name;
        std::ofstream(path_ / "shop.yaml") << "version: 1\n";
        std::ofstream(file()) << text;
        mode(0600);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path file() const { return path_ / "crossfade.yaml"; }
    const fs::path& path() const { return path_; }
    void mode(mode_t mode) const { chmod(file().c_str(), mode); }
    ConfigReading read(const Environment& environment = {}) const {
        return read_config(file(), environment);
    }
    // The findings as a user reads them, without the folder.
    std::string findings(const Environment& environment = {}) const {
        std::string text;
        for (const Finding& finding : read(environment).findings)
            text += finding.format() + "\n";
        const std::string prefix = path_.string() + "/";
        for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) {
            text.erase(at, prefix.size());
        }
        return text;
    }

private:
    fs::path path_;
};

const std::string kMinimal =
    "source: {conninfo: service=old}\n"
    "target: {conninfo: service=new}\n"
    "mapping: shop.yaml\n"
    "state: state\n";

}  // namespace

TEST_CASE("the least file gives defaults for the rest", "[config]") {
    const Folder folder(kMinimal);
    const auto [config, findings] = folder.read();
    CHECK(findings.empty());
    CHECK(config.source.conninfo == "service=old");
    CHECK(config.source.slot == "crossfade");
    CHECK(config.source.plugin == "wal2json");
    CHECK(config.mapping == folder.path() / "shop.yaml");
    CHECK(config.state == folder.path() / "state");
    CHECK(config.secrets.key_file == folder.path() / "state" / "secret.key");
    CHECK_FALSE(config.secrets.bcrypt_cost);
    CHECK(config.log.level == "info");
}

TEST_CASE("every setting is read from the file", "[config]") {
    const Folder folder(
        "source: {conninfo: \"host=a dbname='my db'\", slot: move_1, plugin: wal2json}\n"
        "target: {conninfo: postgresql://b/new, lock_timeout: 3s, statement_timeout: 0}\n"
        "mapping: shop.yaml\n"
        "state: /var/lib/crossfade\n"
        "load: {connections: 3, chunk_rows: 5000, memory: 300MB, defer_indexes: true}\n"
        "batch: {transactions_max: 7, rows_max: 70, bytes_max: 1MB, copy_rows_min: 9, "
        "spill_bytes: 2GB}\n"
        "work: {chunk_roots: 11, inline_roots_max: 0}\n"
        "secrets: {key_file: key, bcrypt_cost: 4}\n"
        "retry: {first: 1s, max: 2min, connect_timeout: 5s}\n"
        "log: {level: debug}\n");
    const auto [config, findings] = folder.read();
    CHECK(findings.empty());
    CHECK(config.source.conninfo == "host=a dbname='my db'");
    CHECK(config.source.slot == "move_1");
    CHECK(config.source.plugin == "wal2json");
    CHECK(config.target.lock_timeout == 3s);
    CHECK(config.target.statement_timeout == 0s);
    CHECK(config.state == "/var/lib/crossfade");
    CHECK(config.load.connections == 3);
    CHECK(config.load.chunk_rows == 5000);
    CHECK(config.load.defer_indexes);
    CHECK(config.batch.transactions_max == 7);
    CHECK(config.batch.rows_max == 70);
    CHECK(config.load.memory == 300ULL << 20U);
    CHECK(config.batch.bytes_max == 1024 * 1024);
    CHECK(config.batch.copy_rows_min == 9);
    CHECK(config.batch.spill_bytes == 2ULL << 30U);
    CHECK(config.work.chunk_roots == 11);
    CHECK(config.work.inline_roots_max == 0);
    CHECK(config.secrets.key_file == folder.path() / "key");
    CHECK(config.secrets.bcrypt_cost == 4);
    CHECK(config.retry.first == 1s);
    CHECK(config.retry.max == 2min);
    CHECK(config.retry.connect_timeout == 5s);
    CHECK(config.log.level == "debug");
}

TEST_CASE("a variable wins over the file", "[config]") {
    const Folder folder(kMinimal + "load: {connections: nonsense}\n");
    const auto [config, findings] = folder.read(
        {{"CROSSFADE_SOURCE_CONNINFO", "service=other"}, {"CROSSFADE_BATCH_ROWS_MAX", "123"}});
    CHECK(config.source.conninfo == "service=other");
    CHECK(config.batch.rows_max == 123);
    CHECK(findings.size() == 1);
}

TEST_CASE("the environment alone is enough", "[config]") {
    const Folder folder("");
    const auto [config, findings] =
        read_config(std::nullopt, {{"CROSSFADE_SOURCE_CONNINFO", "service=old"},
                                   {"CROSSFADE_TARGET_CONNINFO", "service=new"},
                                   {"CROSSFADE_MAPPING", folder.path() / "shop.yaml"},
                                   {"CROSSFADE_STATE", "/var/lib/crossfade"}});
    CHECK(findings.empty());
    CHECK(config.secrets.key_file == "/var/lib/crossfade/secret.key");
}

TEST_CASE("every setting has a variable of its own", "[config]") {
    std::map<std::string, int> names;
    for (const Setting& setting : settings())
        ++names[setting.variable()];
    for (const auto& [name, count] : names)
        CHECK(count == 1);
    CHECK(names.contains("CROSSFADE_SOURCE_CONNINFO"));
    CHECK(names.contains("CROSSFADE_MAPPING"));
}

TEST_CASE("all findings come at once, each with its place", "[config]") {
    const Folder folder(
        "source:\n"
        "  conninfo: no equals sign\n"
        "  slott: a\n"
        "  plugin: wal2jsn\n"
        "target: {conninfo: service=new, connections: 4}\n"
        "target: {conninfo: service=new}\n"
        "mapping: nowhere.yaml\n"
        "batch: {rows_max: 1.5, bytes_max: 10}\n"
        "load: {connections: 0}\n"
        "retry: {first: 5}\n"
        "log: {level: verbose}\n"
        "extra: 1\n");
    CHECK(folder.findings() ==
          "crossfade.yaml:2:13: source.conninfo: expected a libpq connection string, such as "
          "\"host=db dbname=shop\" or service=shop\n"
          "crossfade.yaml:3:3: source.slott: unknown key 'slott': did you mean 'slot'?\n"
          "crossfade.yaml:4:11: source.plugin: expected wal2json, not \"wal2jsn\"\n"
          "crossfade.yaml:5:33: target.connections: unknown key 'connections'; known here: "
          "conninfo, lock_timeout, statement_timeout\n"
          "crossfade.yaml:6:1: target: 'target' stands here twice; the first is in line 5\n"
          "crossfade.yaml:7:10: mapping: there is no file nowhere.yaml\n"
          "crossfade.yaml:8:19: batch.rows_max: expected a whole number from 1 to 10000000, not "
          "\"1.5\"\n"
          "crossfade.yaml:8:35: batch.bytes_max: expected a size of at least 64kB, such as 16MB, "
          "not \"10\"\n"
          "crossfade.yaml:9:21: load.connections: expected a whole number from 1 to 64, not "
          "\"0\"\n"
          "crossfade.yaml:10:16: retry.first: expected a time of at least 10ms, such as 500ms, 30s "
          "or 5min, not \"5\"\n"
          "crossfade.yaml:11:14: log.level: expected debug, info, warning or error, not "
          "\"verbose\"\n"
          "crossfade.yaml:12:1: extra: unknown key 'extra'; known here: source, target, mapping, "
          "state, secrets, log, load, batch, work, retry\n"
          "crossfade.yaml: state: is missing: the directory of the state; also as "
          "CROSSFADE_STATE\n");
}

TEST_CASE("a wrong variable is named, a mistyped one suggested", "[config]") {
    const Folder folder(kMinimal);
    CHECK(folder.findings({{"CROSSFADE_LOAD_CONNECTIONS", "many"}}) ==
          "CROSSFADE_LOAD_CONNECTIONS: expected a whole number from 1 to 64, not \"many\"\n");
    const auto loaded = folder.read(
        {{"CROSSFADE_SOURCE_CONINFO", "service=x"}, {"CROSSFADE_SOMETHING_ELSE_ENTIRELY", "1"}});
    REQUIRE(loaded.findings.size() == 1);
    CHECK_FALSE(has_errors(loaded.findings));
    CHECK(loaded.findings[0].message == "no such setting; did you mean CROSSFADE_SOURCE_CONNINFO?");
}

TEST_CASE("a file that is not there, not a map or not YAML is a finding", "[config]") {
    const auto missing = read_config("/nonexistent/crossfade.yaml", {});
    CHECK(missing.findings[0].message == "cannot be read: No such file or directory");
    CHECK(has_errors(Folder("").read().findings));
    CHECK(has_errors(Folder("- a\n").read().findings));
    CHECK(has_errors(Folder("source: [\n").read().findings));
    CHECK(has_errors(Folder(kMinimal + "load: 7\n").read().findings));
}

TEST_CASE("a file with a password is refused unless it is closed to others", "[config]") {
    const std::string rest = "target: {conninfo: service=new}\nmapping: shop.yaml\nstate: s\n";
    const Folder keywords("source: {conninfo: \"host=a password = 'x y'\"}\n" + rest);
    const Folder uri("source: {conninfo: \"postgresql://me:secret@a/old\"}\n" + rest);
    for (const Folder* folder : {&keywords, &uri}) {
        CHECK(folder->findings().empty());
        folder->mode(0640);
        const auto loaded = folder->read();
        REQUIRE(has_errors(loaded.findings));
        CHECK(loaded.findings[0].fix == "chmod 600 " + folder->file().string());
        CHECK(loaded.findings[0].format().find("secret") == std::string::npos);
    }
    const Folder open(kMinimal);
    open.mode(0644);
    CHECK(open.findings().empty());
}

TEST_CASE("a connection string that is wrong is not shown, since it may hold a password",
          "[config]") {
    const Folder folder(
        "source: {conninfo: \"host=a password='hunter2\"}\n"
        "target: {conninfo: service=new}\nmapping: shop.yaml\nstate: s\n");
    CHECK(folder.findings().find("hunter2") == std::string::npos);
    CHECK(has_errors(folder.read().findings));
}

TEST_CASE("source and target must differ", "[config]") {
    const Folder folder(
        "source: {conninfo: service=a}\ntarget: {conninfo: service=a}\n"
        "mapping: shop.yaml\nstate: s\n");
    CHECK(folder.findings() ==
          "crossfade.yaml:2:20: target.conninfo: source and target are the same connection\n");
}
