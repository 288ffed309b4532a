// The program itself, run on a configuration of its own in a temporary folder.
#pragma once

#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/process.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace crossfade::test {

struct Answer {
    int status = 0;
    std::string output;  // of both streams

    bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
    // The statement under the first finding whose line contains `text`; empty if there is none.
    std::string fix(const std::string& text) const {
        std::istringstream lines(output);
        for (std::string line; std::getline(lines, line);) {
            if (line.find(text) == std::string::npos) continue;
            std::getline(lines, line);
            return line.starts_with("    ") ? line.substr(4) : std::string{};
        }
        return {};
    }
    // All statements under errors.
    std::vector<std::string> fixes() const {
        std::vector<std::string> found;
        std::istringstream lines(output);
        bool error = false;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("crossfade run will make")) break;
            if (line.starts_with("    ") && error) found.push_back(line.substr(4));
            error = !line.starts_with("warning: ");
        }
        return found;
    }
};

inline std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// A folder with crossfade.yaml and a mapping; runs commands on them.
class Program {
public:
    Program() { write("shop.yaml", read_text(source_file("tests/mappings/shop.yaml"))); }

    void configure(const std::string& source, const std::string& target,
                   const std::string& more = "") const {
        write("crossfade.yaml", "source: {conninfo: \"" + source + "\", slot: " + slot_ +
                                    "}\ntarget: {conninfo: \"" + target +
                                    "\"}\nmapping: shop.yaml\nstate: state\n" + more);
    }
    void set_slot(std::string slot) { slot_ = std::move(slot); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(directory_ / name.c_str()) << text;
    }
    // Replaces a text that must be there, in the mapping.
    void edit_mapping(const std::string& from, const std::string& to) const {
        std::string text = read_text(directory_ / "shop.yaml");
        const std::size_t place = text.find(from);
        REQUIRE(place != std::string::npos);
        write("shop.yaml", text.replace(place, from.size(), to));
    }

    Answer run(std::vector<std::string> arguments) const {
        const std::filesystem::path output = directory_ / "output";
        std::filesystem::remove(output);
        std::vector<std::string> argv{CROSSFADE_BINARY_DIR "/crossfade", "-c",
                                      (directory_ / "crossfade.yaml").string()};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        const int status = test::run({.argv = argv, .output = output});
        Answer answer{status, read_text(output)};
        UNSCOPED_INFO(answer.output);  // shown if the test fails
        return answer;
    }

    static std::filesystem::path source_file(const std::string& path) {
        return std::filesystem::path(CROSSFADE_SOURCE_DIR) / path;
    }
    std::filesystem::path path(const std::string& name) const { return directory_ / name.c_str(); }

private:
    TemporaryDirectory directory_;
    std::string slot_ = "crossfade";
};

// Source and target of the shop on a cluster, and a program configured for them.
class Shop {
public:
    explicit Shop(Cluster& cluster = Cluster::shared(), const std::string& with = "")
        : cluster_{cluster},
          source_{cluster.create_database("cli_source", with)},
          target_{cluster.create_database("cli_target")} {
        cluster.execute(source_, read_text(Program::source_file("tests/mappings/shop/source.sql")));
        cluster.execute(target_, read_text(Program::source_file("tests/mappings/shop/target.sql")));
        program_.set_slot(source_);
        configure();
    }
    ~Shop() {
        try {
            cluster_.execute(source_,
                             "SELECT pg_drop_replication_slot(slot_name) FROM "
                             "pg_replication_slots WHERE slot_name = '" +
                                 source_ + "'");
        } catch (const std::exception&) {
            // The cluster goes with its slots.
        }
    }
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    void configure(const std::string& role = "") const {
        const std::string user = role.empty() ? "" : " user=" + role;
        program_.configure(cluster_.conninfo(source_) + user, cluster_.conninfo(target_) + user);
    }
    Answer check() const { return program_.run({"check"}); }
    void on_source(const std::string& sql) const { cluster_.execute(source_, sql); }
    void on_target(const std::string& sql) const { cluster_.execute(target_, sql); }
    const Program& program() const { return program_; }
    const std::string& source() const { return source_; }
    const std::string& target() const { return target_; }
    Cluster& cluster() const { return cluster_; }

private:
    Cluster& cluster_;
    std::string source_;
    std::string target_;
    Program program_;
};

}  // namespace crossfade::test
