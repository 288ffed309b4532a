#include "config/reader.hpp"

#include "config/conninfo.hpp"
#include "config/settings.hpp"
#include "transforms/reader/document.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <utility>

namespace crossfade {
namespace {

constexpr std::string_view kPrefix = "CROSSFADE_";

// Collects the values of one run; remembers where each came from, for findings that see several.
class SettingsReader {
public:
    explicit SettingsReader(ConfigReading& result)
        : config_{result.config}, findings_{result.findings} {}

    void read_file(const std::filesystem::path& file);
    void read_environment(const Environment& environment);
    void check_whole(const std::optional<std::filesystem::path>& file);

private:
    void read_document(Document& document, const Entry& root);
    void take(Document& document, const Setting& setting, const std::optional<Entry>& entry);
    void apply(const Setting& setting, const SettingInput& input, const Location& where,
               const std::string& shown_path);
    void check_file_mode(const std::filesystem::path& file);
    Location place_of(const std::string& path) const;

    Config& config_;
    Findings& findings_;
    std::filesystem::path base_;
    std::map<std::string, Location> given_;  // settings that were written, where
    std::set<std::string> refused_;
};

std::string section_of(const std::string& path) { return path.substr(0, path.find('.')); }

void SettingsReader::read_file(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf())) {
        // An empty file also fails to be copied; it is reported by the document below.
        if (!stream.is_open()) {
            findings_.push_back(
                {{file.string()}, "", std::string("cannot be read: ") + std::strerror(errno)});
            return;
        }
    }
    base_ = file.parent_path();
    Document document(text.str(), file.string(), findings_);
    const auto root = document.parse();
    if (!root) return;
    read_document(document, *root);
    check_file_mode(file);
}

void SettingsReader::read_document(Document& document, const Entry& root) {
    MapReader top(document, root, "a map of settings");
    std::set<std::string> seen;
    for (const Setting& first : settings()) {
        const std::string section = section_of(first.path);
        if (!seen.insert(section).second) continue;
        const auto entry = top.take(section);
        if (section == first.path) {
            take(document, first, entry);
            continue;
        }
        if (!entry || document.is_blank(*entry)) continue;
        MapReader reader(document, *entry, "a map of settings");
        for (const Setting& setting : settings()) {
            if (section_of(setting.path) != section) continue;
            take(document, setting, reader.take(setting.path.substr(section.size() + 1)));
        }
        reader.finish();
    }
    top.finish();
}

void SettingsReader::take(Document& document, const Setting& setting,
                          const std::optional<Entry>& entry) {
    if (!entry) return;
    const Location where = document.place(*entry);
    if (!entry->is_scalar()) {
        refused_.insert(setting.path);
        document.error(where, entry->path, "expected " + setting.expects);
        return;
    }
    given_[setting.path] = where;
    apply(setting, {entry->text(), base_}, where, setting.path);
}

void SettingsReader::apply(const Setting& setting, const SettingInput& input, const Location& where,
                           const std::string& shown_path) {
    if (setting.set(config_, input)) return;
    refused_.insert(setting.path);
    std::string message = "expected " + setting.expects;
    // What was written is shown, unless it may hold a password.
    if (!setting.path.ends_with("conninfo")) message += ", not \"" + input.value + "\"";
    findings_.push_back({where, shown_path, message});
}

void SettingsReader::read_environment(const Environment& environment) {
    std::vector<std::string> known;
    for (const Setting& setting : settings()) {
        const std::string variable = setting.variable();
        known.push_back(variable);
        const auto found = environment.find(variable);
        if (found == environment.end()) continue;
        // The variable replaces what the file said, also what was wrong in it.
        given_[setting.path] = {};
        apply(setting, {found->second, std::filesystem::current_path()}, {}, variable);
    }
    for (const auto& [name, value] : environment) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const std::string near = nearest(name, known);
        if (near.empty()) continue;  // a variable of somebody else
        findings_.push_back(
            {{}, name, "no such setting; did you mean " + near + "?", "", Severity::warning});
    }
}

Location SettingsReader::place_of(const std::string& path) const {
    const auto found = given_.find(path);
    return found == given_.end() ? Location{} : found->second;
}

void SettingsReader::check_file_mode(const std::filesystem::path& file) {
    if (!holds_password(config_.source.conninfo) && !holds_password(config_.target.conninfo))
        return;
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) return;
    const bool ours = status.st_uid == geteuid() || status.st_uid == 0;
    if (ours && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
    findings_.push_back(
        {{file.string()},
         "",
         ours ? "holds a password and can be read by others; a service or PGPASSFILE "
                "keeps it out of here"
              : "holds a password and belongs to another user",
         "chmod 600 " + file.string()});
}

void SettingsReader::check_whole(const std::optional<std::filesystem::path>& file) {
    for (const Setting& setting : settings()) {
        if (!setting.required || given_.contains(setting.path) || refused_.contains(setting.path)) {
            continue;
        }
        findings_.push_back({file ? Location{file->string()} : Location{}, setting.path,
                             "is missing: " + setting.expects + "; also as " + setting.variable()});
    }
    std::error_code ignored;
    if (!config_.mapping.empty() && !std::filesystem::is_regular_file(config_.mapping, ignored)) {
        findings_.push_back(
            {place_of("mapping"), "mapping", "there is no file " + config_.mapping.string()});
    }
    if (!config_.source.conninfo.empty() && config_.source.conninfo == config_.target.conninfo) {
        findings_.push_back({place_of("target.conninfo"), "target.conninfo",
                             "source and target are the same connection"});
    }
    if (config_.retry.max < config_.retry.first) {
        findings_.push_back({place_of("retry.max"), "retry.max", "is less than retry.first"});
    }
    if (config_.secrets.key_file.empty()) config_.secrets.key_file = config_.state / "secret.key";
}

}  // namespace

Environment environment_of_process() {
    Environment result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos || !text.starts_with(kPrefix)) continue;
        result.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return result;
}

ConfigReading read_config(const std::optional<std::filesystem::path>& file,
                          const Environment& environment) {
    ConfigReading result;
    SettingsReader loader(result);
    if (file) loader.read_file(*file);
    loader.read_environment(environment);
    loader.check_whole(file);
    // In the order of the file; what has no line of its own comes last.
    const auto line = [](const Finding& finding) {
        return finding.where.line > 0 ? finding.where.line : std::numeric_limits<int>::max();
    };
    std::ranges::stable_sort(result.findings, {}, line);
    return result;
}

}  // namespace crossfade
