#include "config/settings.hpp"

#include "config/conninfo.hpp"
#include "config/quantity.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

namespace crossfade {
namespace {

constexpr std::size_t kSlotNameMax = 63;
constexpr std::uint64_t kBytesMin = 64ULL << 10U;
constexpr std::uint64_t kRowsMax = 10'000'000;

Setting text(std::string path, std::string expects, std::function<std::string&(Config&)> place,
             std::function<bool(const std::string&)> accepts) {
    return {std::move(path), std::move(expects), false,
            [place = std::move(place), accepts = std::move(accepts)](Config& config,
                                                                     const SettingInput& input) {
                if (!accepts(input.value)) return false;
                place(config) = input.value;
                return true;
            }};
}

template <class T>
Setting number(std::string path, std::uint64_t least, std::uint64_t most,
               std::function<T&(Config&)> place) {
    return {std::move(path),
            "a whole number from " + std::to_string(least) + " to " + std::to_string(most), false,
            [=](Config& config, const SettingInput& input) {
                const auto value = parse_count(input.value);
                if (!value || *value < least || *value > most) return false;
                place(config) = static_cast<T>(*value);
                return true;
            }};
}

Setting bytes(std::string path, std::function<std::uint64_t&(Config&)> place) {
    return {std::move(path), "a size of at least 64kB, such as 16MB", false,
            [=](Config& config, const SettingInput& input) {
                const auto value = parse_bytes(input.value);
                if (!value || *value < kBytesMin) return false;
                place(config) = *value;
                return true;
            }};
}

Setting duration(std::string path, std::chrono::milliseconds least,
                 std::function<std::chrono::milliseconds&(Config&)> place) {
    return {
        std::move(path),
        "a time of at least " + std::to_string(least.count()) + "ms, such as 500ms, 30s or 5min",
        false, [=](Config& config, const SettingInput& input) {
            const auto value = parse_duration(input.value);
            if (!value || *value < least) return false;
            place(config) = *value;
            return true;
        }};
}

Setting file(std::string path, std::string expects,
             std::function<std::filesystem::path&(Config&)> place) {
    return {std::move(path), std::move(expects), false,
            [=](Config& config, const SettingInput& input) {
                if (input.value.empty()) return false;
                place(config) = (input.base_directory / input.value).lexically_normal();
                return true;
            }};
}

Setting required(Setting setting) {
    setting.required = true;
    return setting;
}

bool is_slot_name(const std::string& name) {
    return !name.empty() && name.size() <= kSlotNameMax &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

bool is_log_level(const std::string& text) {
    return text == "debug" || text == "info" || text == "warning" || text == "error";
}

bool set_defer_indexes(Config& config, const SettingInput& input) {
    const std::string& value = input.value;
    const bool yes = value == "true" || value == "on" || value == "yes";
    if (!yes && value != "false" && value != "off" && value != "no") return false;
    config.load.defer_indexes = yes;
    return true;
}

bool set_bcrypt_cost(Config& config, const SettingInput& input) {
    const auto value = parse_count(input.value);
    if (!value || *value < 4 || *value > 16) return false;
    config.secrets.bcrypt_cost = static_cast<int>(*value);
    return true;
}

std::vector<Setting> connection_settings() {
    const std::string conninfo =
        "a libpq connection string, such as \"host=db dbname=shop\" or service=shop";
    return {
        required(text(
            "source.conninfo", conninfo,
            [](Config& c) -> std::string& { return c.source.conninfo; }, is_plausible_conninfo)),
        text(
            "source.slot", "lower-case letters, digits and _, at most 63",
            [](Config& c) -> std::string& { return c.source.slot; }, is_slot_name),
        text(
            "source.plugin", "wal2json", [](Config& c) -> std::string& { return c.source.plugin; },
            [](const std::string& name) { return name == "wal2json"; }),
        required(text(
            "target.conninfo", conninfo,
            [](Config& c) -> std::string& { return c.target.conninfo; }, is_plausible_conninfo)),
        required(file("mapping", "the path of the mapping file",
                      [](Config& c) -> std::filesystem::path& { return c.mapping; })),
        required(file("state", "the directory of the state",
                      [](Config& c) -> std::filesystem::path& { return c.state; })),
        file("secrets.key_file", "the path of the key of secret columns",
             [](Config& c) -> std::filesystem::path& { return c.secrets.key_file; }),
        {"secrets.bcrypt_cost", "a whole number from 4 to 16", false, set_bcrypt_cost},
        text(
            "log.level", "debug, info, warning or error",
            [](Config& c) -> std::string& { return c.log.level; }, is_log_level),
    };
}

std::vector<Setting> limit_settings() {
    using std::uint64_t;
    using std::chrono::milliseconds;
    return {
        number<int>("load.connections", 1, 64,
                    [](Config& c) -> int& { return c.load.connections; }),
        number<uint64_t>("load.chunk_rows", 100, kRowsMax,
                         [](Config& c) -> uint64_t& { return c.load.chunk_rows; }),
        bytes("load.memory", [](Config& c) -> uint64_t& { return c.load.memory; }),
        {"load.defer_indexes", "true or false", false, set_defer_indexes},
        number<uint64_t>("batch.transactions_max", 1, 100'000,
                         [](Config& c) -> uint64_t& { return c.batch.transactions_max; }),
        number<uint64_t>("batch.rows_max", 1, kRowsMax,
                         [](Config& c) -> uint64_t& { return c.batch.rows_max; }),
        bytes("batch.bytes_max", [](Config& c) -> uint64_t& { return c.batch.bytes_max; }),
        number<uint64_t>("batch.copy_rows_min", 1, kRowsMax,
                         [](Config& c) -> uint64_t& { return c.batch.copy_rows_min; }),
        bytes("batch.spill_bytes", [](Config& c) -> uint64_t& { return c.batch.spill_bytes; }),
        number<uint64_t>("work.chunk_roots", 1, 100'000,
                         [](Config& c) -> uint64_t& { return c.work.chunk_roots; }),
        number<uint64_t>("work.inline_roots_max", 0, 100'000,
                         [](Config& c) -> uint64_t& { return c.work.inline_roots_max; }),
        duration("target.lock_timeout", milliseconds{0},
                 [](Config& c) -> milliseconds& { return c.target.lock_timeout; }),
        duration("target.statement_timeout", milliseconds{0},
                 [](Config& c) -> milliseconds& { return c.target.statement_timeout; }),
        duration("retry.first", milliseconds{10},
                 [](Config& c) -> milliseconds& { return c.retry.first; }),
        duration("retry.max", milliseconds{10},
                 [](Config& c) -> milliseconds& { return c.retry.max; }),
        duration("retry.connect_timeout", milliseconds{100},
                 [](Config& c) -> milliseconds& { return c.retry.connect_timeout; }),
        duration("retry.silence", milliseconds{1'000},
                 [](Config& c) -> milliseconds& { return c.retry.silence; }),
    };
}

}  // namespace

std::string Setting::variable() const {
    std::string name = "CROSSFADE_";
    for (const char c : path) {
        name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

std::span<const Setting> settings() {
    static const std::vector<Setting> all = [] {
        std::vector<Setting> list = connection_settings();
        std::vector<Setting> limits = limit_settings();
        std::move(limits.begin(), limits.end(), std::back_inserter(list));
        return list;
    }();
    return all;
}

}  // namespace crossfade
