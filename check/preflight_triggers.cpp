#include "check/preflight.hpp"

#include "postgres/quote.hpp"

namespace crossfade {

namespace {

// One row per function that fires AFTER a row of one of the tables in this session (as
// session_replication_role has it): its name, whether it runs with its owner's rights, the
// tables, and its guard as a setting, a value and whether the session has it. Bits of tgtype:
// pg_trigger.h, TRIGGER_TYPE_*: 2 BEFORE, 64 INSTEAD, 4 + 8 + 16 INSERT, DELETE, UPDATE.
constexpr const char* kQuery =
    "SELECT f.name, f.definer, f.tables, g.setting, g.value, g.holds FROM ("
    "  SELECT n.nspname || '.' || p.proname AS name, p.prosecdef AS definer, p.prosrc AS source,"
    "    string_agg(DISTINCT c.relname, ', ' ORDER BY c.relname) AS tables"
    "  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    "  JOIN pg_proc p ON p.oid = t.tgfoid"
    "  JOIN pg_namespace n ON n.oid = p.pronamespace"
    "  WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal AND t.tgtype & (2 + 64) = 0"
    "  AND t.tgtype & (4 + 8 + 16) <> 0 AND t.tgenabled IN ('A',"
    "    CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END)"
    "  GROUP BY p.oid, n.nspname"
    ") AS f LEFT JOIN LATERAL ("
    "  SELECT m[1] AS setting, m[2] AS value,"
    "    coalesce(current_setting(m[1], true) = m[2], false) AS holds"
    "  FROM regexp_matches(f.source, $re$\\mif\\s+current_setting\\(\\s*'([^']+)'\\s*"
    "(?:,\\s*(?:true|false)\\s*)?\\)\\s*=\\s*'([^']*)'\\s+then\\s+return\\M$re$, 'gi') AS m"
    "  ORDER BY 3 DESC LIMIT 1"
    ") AS g ON true ORDER BY f.name";

std::string array_of(const std::vector<std::uint32_t>& oids) {
    std::string text;
    for (const std::uint32_t oid : oids)
        text += (text.empty() ? "{" : ",") + std::to_string(oid);
    return text.empty() ? "{}" : text + "}";
}

}  // namespace

void check_triggers(Connection& target, const ServerFacts& facts,
                    const std::vector<std::uint32_t>& tables, Findings& findings) {
    const std::string role = quote_identifier(facts.role);
    if (target.exec("SELECT current_setting('session_replication_role')").text(0, 0) == "replica") {
        findings.push_back({{},
                            "target",
                            "session_replication_role is replica: foreign keys are not checked",
                            "ALTER ROLE " + role + " RESET session_replication_role;",
                            Severity::error});
    }
    const QueryResult found = target.exec(kQuery, Params{array_of(tables)});
    for (int row = 0; row < found.rows(); ++row) {
        const bool guarded = !found.is_null(row, 3);
        if (guarded && found.boolean(row, 5)) continue;
        const std::string rights =
            found.boolean(row, 1) ? "its owner's rights" : "the rights of role " + facts.role;
        std::string fix;
        if (guarded) {
            fix = "ALTER ROLE " + role + " SET " + std::string{found.text(row, 3)} + " = " +
                  quote_literal(found.text(row, 4)) + ";";
        }
        findings.push_back({{},
                            "target: function " + std::string{found.text(row, 0)},
                            "fires after each row that the bridge writes to " +
                                std::string{found.text(row, 2)} + ", with " + rights,
                            std::move(fix),
                            Severity::warning});
    }
}

}  // namespace crossfade
