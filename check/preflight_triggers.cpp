#include "check/preflight.hpp"

#include "postgres/quote.hpp"
#include "target/shape.hpp"

#include <map>
#include <set>

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

std::string list_of(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

// A function that runs BEFORE rows of the bridge's tables.
struct BeforeFunction {
    std::set<std::string> triggers;  // "NAME on schema.table (INSERT)"
    std::set<std::string> written;   // columns it assigns, and the mapping writes as well
    bool drops = false;
    bool assigns = false;

    void add(const RowHook& hook, const TargetSpec& spec) {
        triggers.insert(hook.name + " on " + spec.schema + "." + spec.table + " (" + hook.events() +
                        ")");
        drops = drops || hook.drops;
        assigns = assigns || !hook.sets.empty();
        for (const TargetColumn& column : spec.columns) {
            const bool left = column.owner == Owner::trigger || column.owner == Owner::target;
            if (!left && hook.sets.contains(column.name)) written.insert(column.name);
        }
    }
};

Finding finding_of(const std::string& function, const BeforeFunction& before) {
    std::string message =
        "runs before each row that the bridge writes, by trigger " + list_of(before.triggers) +
        ", and may " +
        (before.drops ? "keep it out: such a row is rejected (not_written)" : "change it");
    std::string fix;
    if (!before.written.empty()) {
        message += "; it assigns " + list_of(before.written) + ", which the mapping writes as well";
        fix = "columns: {" + *before.written.begin() + ": {value: ..., owner: trigger}}";
    }
    return about("target: function " + function, std::move(message), std::move(fix),
                 Severity::warning);
}

}  // namespace

void check_row_hooks(Connection& target, const Context& context, Findings& findings) {
    std::set<std::string> tables;
    std::map<std::string, BeforeFunction> functions;
    for (const EntityProgram& entity : context.program->entities) {
        const TargetSpec& spec = entity.target;
        const bool fresh = tables.insert(spec.schema + "." + spec.table).second;
        const std::string path = "entities." + entity.name;
        for (const RowHook& hook : read_row_hooks(target, spec.schema, spec.table)) {
            if (hook.kind == RowHook::Kind::trigger) {
                functions[hook.function].add(hook, spec);
            } else if (fresh && hook.kind == RowHook::Kind::rule) {
                const Error error = rule_error(spec.schema, spec.table, hook);
                findings.push_back(about(path, error.message(), error.hint()));
            } else if (fresh) {
                findings.push_back(about(path,
                                         to_string(hook) + " of " + spec.schema + "." + spec.table +
                                             " (" + hook.events() +
                                             ") holds for this role: a row that it hides is "
                                             "rejected",
                                         "", Severity::warning));
            }
        }
    }
    for (const auto& [function, before] : functions) {
        const bool settled = !before.drops && before.assigns && before.written.empty();
        if (!settled) findings.push_back(finding_of(function, before));
    }
}

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
