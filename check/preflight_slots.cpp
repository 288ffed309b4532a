#include "check/preflight_slots.hpp"

#include "check/preflight.hpp"
#include "postgres/quote.hpp"
#include "replicator/slot.hpp"

#include <algorithm>

namespace crossfade {

void check_slot_room(Connection& source, const ServerFacts& facts, const std::string& slot,
                     Findings& findings) {
    if (facts.replication_slots_used < facts.replication_slots_max || inspect_slot(source, slot))
        return;
    const std::string setting = std::to_string(facts.replication_slots_max + 2);
    findings.push_back(about("source",
                             "has no free replication slot for " + slot + ": all " +
                                 std::to_string(facts.replication_slots_max) +
                                 " (max_replication_slots) are in use",
                             "ALTER SYSTEM SET max_replication_slots = " + setting +
                                 "; -- and restart the server; or pg_drop_replication_slot() of "
                                 "one that nobody reads"));
}

void check_origin_room(Connection& target, const ServerFacts& facts, const std::string& origin,
                       Findings& findings) {
    constexpr int kOwnSetting = 18'00'00;
    const std::string setting =
        facts.version >= kOwnSetting ? "max_active_replication_origins" : "max_replication_slots";
    const auto most = target.exec("SELECT current_setting($1)::int", Params{setting});
    // The session state of origins tells which have a place; who may not look there sees those of
    // the catalog, which are no fewer.
    const bool sees = target
                          .exec(
                              "SELECT has_function_privilege("
                              "'pg_show_replication_origin_status()', 'EXECUTE')")
                          .boolean(0, 0);
    const QueryResult used = target.exec(
        std::string{"SELECT count(*), coalesce(string_agg(name, ', ' ORDER BY name), '') FROM "} +
            (sees ? "pg_show_replication_origin_status() s (id, name, far, near)"
                  : "(SELECT roname FROM pg_replication_origin) s (name)") +
            " WHERE name IS DISTINCT FROM $1",
        Params{origin});
    const std::int64_t maximum = most.integer(0, 0);
    if (used.integer(0, 0) < maximum) return;
    const std::string names{used.text(0, 1)};
    findings.push_back(about(
        "target",
        maximum == 0 ? setting + " is 0, so the bridge can have no replication origin, by which it "
                                 "marks what it writes"
                     : "no replication origin is free for the bridge: " + setting + " is " +
                           std::to_string(maximum) + ", and others are in use (" + names + ")",
        "ALTER SYSTEM SET " + setting + " = " + std::to_string(maximum + 2) +
            "; -- and restart the server",
        sees || maximum == 0 ? Severity::error : Severity::warning));
}

}  // namespace crossfade
