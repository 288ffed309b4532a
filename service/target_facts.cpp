#include "service/target_facts.hpp"

#include "model/encoding.hpp"

namespace crossfade {

namespace {

// Of columns. Which are written is not asked here, since the mapping may come to write others.
constexpr const char* kColumnFacts =
    "SELECT 'not null', t.s, t.r, a.attname::text, a.attname::text, a.xmin::text"
    " FROM t JOIN a ON a.attrelid = t.oid WHERE a.attnotnull"
    " UNION ALL SELECT 'required', t.s, t.r, a.attname, a.attname, a.xmin::text"
    " FROM t JOIN a ON a.attrelid = t.oid"
    " WHERE a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''"
    " UNION ALL SELECT 'generated', t.s, t.r, a.attname, a.attname, a.xmin::text"
    " FROM t JOIN a ON a.attrelid = t.oid WHERE a.attgenerated <> '' OR a.attidentity = 'a'"
    " UNION ALL SELECT 'collation', t.s, t.r, a.attname || ' ' || a.attcollation::regcollation,"
    " a.attname, a.xmin::text FROM t JOIN a ON a.attrelid = t.oid WHERE a.attcollation <> 0";

// An index by all that it is but its name and what REINDEX CONCURRENTLY changes of it.
constexpr const char* kKeyFacts =
    " UNION ALL SELECT 'unique', t.s, t.r, md5(jsonb_build_array(to_jsonb(i) - ARRAY['indexrelid',"
    " 'indrelid', 'indisprimary', 'indisvalid', 'indisready', 'indislive', 'indcheckxmin',"
    " 'indisclustered', 'indisreplident', 'indexprs', 'indpred'],"
    " pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid))::text), c.relname,"
    " c.xmin::text FROM t JOIN pg_index i ON i.indrelid = t.oid"
    " JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisunique"
    " UNION ALL SELECT 'constraint', t.s, t.r,"
    " regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''), k.conname, k.xmin::text"
    " FROM t JOIN pg_constraint k ON k.conrelid = t.oid WHERE k.contype IN ('c', 'x')"
    " UNION ALL SELECT DISTINCT 'foreign key', n.nspname, c.relname,"
    " format('ALTER TABLE %s ADD %s', c.oid::regclass,"
    " regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '')), k.conname, k.xmin::text"
    " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE k.contype = 'f' AND k.conparentid = 0"
    " AND (k.conrelid IN (SELECT oid FROM t) OR k.confrelid IN (SELECT oid FROM t))"
    " UNION ALL SELECT 'foreign key', '', '', regexp_replace(regexp_replace(d.statement,"
    " ' ADD CONSTRAINT (\"([^\"]|\"\")*\"|\\S+) ', ' ADD '), ' NOT VALID$', ''), d.name, ''"
    " FROM crossfade.deferred_ddl d WHERE d.statement LIKE 'ALTER TABLE %'";

// What comes before each row: see read_row_hooks (target/shape).
constexpr const char* kHookFacts =
    " UNION ALL SELECT 'rule', t.s, t.r, pg_get_ruledef(r.oid), r.rulename, r.xmin::text"
    " FROM t JOIN pg_rewrite r ON r.ev_class = t.oid WHERE r.ev_type IN ('2', '3', '4')"
    " UNION ALL SELECT 'trigger', t.s, t.r, pg_get_triggerdef(g.oid), g.tgname, g.xmin::text"
    " FROM t JOIN p ON p.root = t.oid JOIN pg_trigger g ON g.tgrelid = p.oid"
    " WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND g.tgtype & 3 = 3"
    " AND (g.tgenabled = 'A' OR g.tgenabled = CASE current_setting('session_replication_role')"
    " WHEN 'replica' THEN 'R' ELSE 'O' END)"
    " UNION ALL SELECT 'row security', t.s, t.r, '', '', c.xmin::text"
    " FROM t JOIN pg_class c ON c.oid = t.oid WHERE row_security_active(t.oid)"
    " UNION ALL SELECT 'policy', t.s, t.r, concat_ws(' ', l.polname, l.polcmd, l.polpermissive,"
    " l.polroles::text, pg_get_expr(l.polqual, l.polrelid),"
    " pg_get_expr(l.polwithcheck, l.polrelid)), l.polname, l.xmin::text"
    " FROM t JOIN pg_policy l ON l.polrelid = t.oid WHERE row_security_active(t.oid)"
    " UNION ALL SELECT 'partition', t.s, t.r, p.oid::text, p.oid::regclass::text, ''"
    " FROM t JOIN p ON p.root = t.oid WHERE p.oid <> t.oid";

std::string key_of(const TargetFact& fact) {
    const std::string& table = fact.kind == "foreign key" ? std::string{} : fact.table;
    return fact.kind + '\n' + table + '\n' + fact.text;
}

bool is_of_column(const TargetFact& fact) {
    return fact.kind == "not null" || fact.kind == "generated" || fact.kind == "collation";
}

std::string what_of(const TargetFact& fact) {
    if (fact.kind == "not null") return "has the column " + fact.name + " NOT NULL now";
    if (fact.kind == "required")
        return "has a column " + fact.name +
               " that is NOT NULL without a default, and the mapping does not write it";
    if (fact.kind == "generated") return "makes the values of column " + fact.name + " itself now";
    if (fact.kind == "collation")
        return "compares column " + fact.name + " by another collation than before";
    if (fact.kind == "unique") return "has a new unique index " + fact.name;
    if (fact.kind == "trigger") return "has a new BEFORE trigger " + fact.name;
    if (fact.kind == "row security") return "hides rows from the bridge's role (row security)";
    return "has a new " + fact.kind + " " + fact.name;
}

}  // namespace

std::string facts_sql(const std::vector<TableName>& tables) {
    return "WITH t AS (SELECT m.s, m.r, c.oid FROM (VALUES " + names_sql(tables) +
           ") AS m(s, r) JOIN pg_namespace n ON n.nspname = m.s"
           " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = m.r),"
           " a AS (SELECT x.*, x.xmin FROM pg_attribute x"
           " WHERE x.attnum > 0 AND NOT x.attisdropped AND x.attrelid IN (SELECT oid FROM t)),"
           " p AS (SELECT t.oid AS root, t.oid FROM t"
           " UNION SELECT t.oid, q.relid::oid FROM t, pg_partition_tree(t.oid) AS q) " +
           std::string{kColumnFacts} + kKeyFacts + kHookFacts;
}

TargetFacts facts_of(const QueryResult& rows) {
    TargetFacts facts;
    for (int r = 0; r < rows.rows(); ++r) {
        TargetFact fact{
            .kind = std::string{rows.text(r, 0)},
            .table = TableName{std::string{rows.text(r, 1)}, std::string{rows.text(r, 2)}}.text(),
            .text = std::string{rows.text(r, 3)},
            .name = std::string{rows.text(r, 4)},
            .xmin = std::string{rows.text(r, 5)}};
        std::string key = key_of(fact);
        facts.emplace(std::move(key), std::move(fact));
    }
    return facts;
}

void append_facts(std::string& bytes, const TargetFacts& facts) {
    append_varint(bytes, facts.size());
    for (const auto& [key, fact] : facts) {
        for (const std::string* field :
             {&fact.kind, &fact.table, &fact.text, &fact.name, &fact.xmin})
            append_text(bytes, *field);
    }
}

TargetFacts take_facts(std::string_view& in) {
    TargetFacts facts;
    for (std::uint64_t left = take_varint(in); left > 0; --left) {
        TargetFact fact;
        for (std::string* field : {&fact.kind, &fact.table, &fact.text, &fact.name, &fact.xmin})
            *field = take_text(in);
        std::string key = key_of(fact);
        facts.emplace(std::move(key), std::move(fact));
    }
    return facts;
}

std::vector<FactChange> changed_facts(const TargetFacts& then, const TargetFacts& now,
                                      const std::map<std::string, std::set<std::string>>& written) {
    std::vector<FactChange> changes;
    for (const auto& [key, fact] : then) {
        if (fact.kind != "partition" || now.contains(key)) continue;
        changes.push_back(
            {fact.table, {.what = "has no partition " + fact.name + " any more", .xid = {}}});
    }
    for (const auto& [key, fact] : now) {
        if (fact.kind == "partition" || then.contains(key)) continue;
        const auto columns = written.find(fact.table);
        const bool writes = columns != written.end() && columns->second.contains(fact.name);
        if (is_of_column(fact) && !writes) continue;
        if (fact.kind == "required" && writes) continue;
        changes.push_back({fact.table, {.what = what_of(fact), .xid = fact.xmin, .loses = false}});
    }
    return changes;
}

}  // namespace crossfade
