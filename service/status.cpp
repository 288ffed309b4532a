#include "service/status.hpp"

#include "model/json.hpp"
#include "pipeline/batch.hpp"
#include "service/json_members.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace crossfade {

namespace {

struct Account {
    std::string_view name;
    std::int64_t EntityAccount::*member;
};
constexpr std::array<Account, 6> kAccounts{{{"source", &EntityAccount::source},
                                            {"applied", &EntityAccount::applied},
                                            {"merged", &EntityAccount::merged},
                                            {"filtered", &EntityAccount::filtered},
                                            {"parked", &EntityAccount::parked},
                                            {"rejected", &EntityAccount::rejected}}};

// All counters in one scan, which sees the store at one moment.
void read_accounts(const Reader& reader, std::vector<EntityAccount>& entities) {
    reader.scan(Family::meta, keys::kCounters, {},
                [&](std::string_view key, std::string_view value) {
                    const auto [entity, what] = keys::counter_of(key);
                    if (entity >= entities.size()) return true;
                    for (const Account& account : kAccounts) {
                        if (account.name == what)
                            entities[entity].*account.member = std::stoll(std::string{value});
                    }
                    return true;
                });
}

using JsonPairs = std::vector<std::pair<std::string, std::string>>;

std::string quoted_lsn(const std::optional<Lsn>& lsn) {
    return lsn ? json_quote(lsn->format()) : "null";
}

std::string count_or_null(const std::optional<std::uint64_t>& count) {
    return count ? std::to_string(*count) : "null";
}

std::string seconds_or_null(const std::optional<double>& seconds) {
    if (!seconds) return "null";
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.3f", *seconds);
    return text.data();
}

const std::string& member(const JsonMembers& members, std::string_view name) {
    const auto found = members.find(name);
    if (found == members.end()) {
        throw Failure{Error{ErrorKind::internal, "a status lacks \"" + std::string{name} + "\""}};
    }
    return found->second;
}

JsonMembers object(std::string_view json) {
    auto members = parse_members(json);
    if (!members) throw Failure{Error{ErrorKind::internal, "a status is no JSON object"}};
    return std::move(*members);
}

std::optional<std::uint64_t> parse_count(const std::string& text) {
    if (text == "null") return std::nullopt;
    return std::stoull(text);
}

std::optional<Lsn> parse_lsn(const std::string& text) {
    if (text == "null") return std::nullopt;
    const auto lsn = Lsn::parse(text);
    if (!lsn) throw Failure{lsn.error()};
    return *lsn;
}

// Columns of numbers, right-aligned under their heads.
std::string table(const std::vector<EntityAccount>& entities) {
    std::size_t width = 6;
    for (const EntityAccount& entity : entities)
        width = std::max(width, entity.name.size());
    const auto cell = [](const std::string& text) {
        return std::string(text.size() < 12 ? 12 - text.size() : 1, ' ') + text;
    };
    const auto padded = [&](const std::string& text) {
        return text + std::string(width - text.size(), ' ');
    };
    std::string out = padded("entity");
    for (const Account& account : kAccounts)
        out += cell(std::string{account.name});
    out += cell("pending") + "\n";
    for (const EntityAccount& entity : entities) {
        out += padded(entity.name);
        for (const Account& account : kAccounts)
            out += cell(std::to_string(entity.*account.member));
        out += cell(std::to_string(entity.pending())) + "\n";
    }
    return out;
}

}  // namespace

Status read_status(const Program& program, const Reader& reader) {
    Status status;
    // The position before the work: if work is born in between, settled_lsn would otherwise count
    // on a position that is newer than the queue it looked at.
    const Position position = read_position(reader);
    status.applied = position.applied;
    status.settled = std::min(position.applied, settled_lsn(reader));
    const WorkCount work = count_work(reader);
    status.work = work.open;
    status.deferred = work.deferred;
    status.phase = position.applied == EndLsn{} ? "new" : "halted";
    for (const EntityProgram& entity : program.entities)
        status.entities.push_back({.name = entity.name});
    read_accounts(reader, status.entities);
    return status;
}

void set_source_position(Status& status, Lsn source) {
    status.source = source;
    const bool behind = source > status.applied.lsn;
    status.lag_bytes = behind ? source.offset() - status.applied.lsn.offset() : 0;
    if (!behind) status.lag_seconds = 0;
}

std::string to_json(const Status& status) {
    JsonPairs entities;
    for (const EntityAccount& entity : status.entities) {
        JsonPairs accounts;
        for (const Account& account : kAccounts)
            accounts.emplace_back(account.name, std::to_string(entity.*account.member));
        accounts.emplace_back("pending", std::to_string(entity.pending()));
        entities.emplace_back(entity.name, json_object(std::move(accounts)).text);
    }
    std::vector<std::string> open_work;
    for (const OpenWork& work : status.open_work) {
        open_work.push_back(json_object({{"changed", json_quote(work.changed)},
                                         {"entity", json_quote(work.entity)},
                                         {"walked", std::to_string(work.walked)},
                                         {"done", seconds_or_null(work.done)}})
                                .text);
    }
    std::vector<std::string> waits;
    for (const std::string& sentence : status.waits)
        waits.push_back(json_quote(sentence));
    return json_object({{"phase", json_quote(status.phase)},
                        {"since", status.since.empty() ? "null" : json_quote(status.since)},
                        {"waits", json_array(waits).text},
                        {"source_lsn", quoted_lsn(status.source)},
                        {"applied_lsn", quoted_lsn(status.applied.lsn)},
                        {"settled_lsn", quoted_lsn(status.settled.lsn)},
                        {"lag_bytes", count_or_null(status.lag_bytes)},
                        {"lag_seconds", seconds_or_null(status.lag_seconds)},
                        {"lag_transactions", count_or_null(status.lag_transactions)},
                        {"work", std::to_string(status.work)},
                        {"deferred", std::to_string(status.deferred)},
                        {"open_work", json_array(open_work).text},
                        {"entities", json_object(std::move(entities)).text}})
        .text;
}

Status parse_status(std::string_view json) {
    const JsonMembers members = object(json);
    Status status;
    status.phase = member(members, "phase");
    if (const std::string& since = member(members, "since"); since != "null") status.since = since;
    const auto waits = parse_elements(member(members, "waits"));
    if (!waits) throw Failure{waits.error()};
    status.waits = *waits;
    status.source = parse_lsn(member(members, "source_lsn"));
    status.applied = EndLsn{parse_lsn(member(members, "applied_lsn")).value_or(Lsn{})};
    status.settled = EndLsn{parse_lsn(member(members, "settled_lsn")).value_or(Lsn{})};
    status.lag_bytes = parse_count(member(members, "lag_bytes"));
    if (const std::string& seconds = member(members, "lag_seconds"); seconds != "null")
        status.lag_seconds = std::stod(seconds);
    status.lag_transactions = parse_count(member(members, "lag_transactions"));
    status.work = std::stoull(member(members, "work"));
    status.deferred = std::stoull(member(members, "deferred"));
    const auto elements = parse_elements(member(members, "open_work"));
    if (!elements) throw Failure{elements.error()};
    for (const std::string& text : *elements) {
        const JsonMembers found = object(text);
        OpenWork& work = status.open_work.emplace_back();
        work.changed = member(found, "changed");
        work.entity = member(found, "entity");
        work.walked = std::stoull(member(found, "walked"));
        if (const std::string& done = member(found, "done"); done != "null")
            work.done = std::stod(done);
    }
    for (const auto& [name, text] : object(member(members, "entities"))) {
        const JsonMembers accounts = object(text);
        EntityAccount entity{.name = name};
        for (const Account& account : kAccounts)
            entity.*account.member = std::stoll(member(accounts, account.name));
        status.entities.push_back(std::move(entity));
    }
    return status;
}

std::string to_text(const Status& status) {
    const auto known = [](const std::string& value) { return value == "null" ? "?" : value; };
    std::string out = "phase     " + status.phase;
    out += (status.since.empty() ? "" : " since " + status.since) + "\n";
    for (const std::string& sentence : status.waits)
        out += "waits     " + sentence + "\n";
    out += "source    " + (status.source ? status.source->format() : "?") + "   applied " +
           status.applied.lsn.format() + "   settled " + status.settled.lsn.format() + "\n";
    out += "lag       " + known(count_or_null(status.lag_bytes)) + " bytes, " +
           known(seconds_or_null(status.lag_seconds)) + " s";
    if (status.lag_transactions)
        out += ", " + std::to_string(*status.lag_transactions) + " transactions";
    out += "\nwork      " + std::to_string(status.work) + " open, " +
           std::to_string(status.deferred) + " deferred\n";
    for (const OpenWork& work : status.open_work) {
        out += "          " + work.changed + (work.entity.empty() ? "" : " -> " + work.entity);
        if (work.walked > 0 || work.done)
            out += ", " + std::to_string(work.walked) + " entries walked";
        if (work.done) out += ", " + std::to_string(std::lround(*work.done * 100)) + " %";
        out += "\n";
    }
    if (!status.entities.empty()) out += "\n" + table(status.entities);
    return out;
}

}  // namespace crossfade
