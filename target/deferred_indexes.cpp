#include "target/deferred_indexes.hpp"

#include "postgres/quote.hpp"
#include "postgres/transaction.hpp"
#include "target/schema.hpp"

namespace crossfade {

namespace {

// The tables as a list of oids, for SQL.
std::string oids_of(const std::vector<TargetSpec>& specs) {
    std::string list;
    for (const TargetSpec& spec : specs) {
        list += (list.empty() ? "" : ", ") + quote_literal(quote_table(spec.schema, spec.table)) +
                "::regclass::oid";
    }
    return "ARRAY[" + list + "]::oid[]";
}

void require_done(Transaction& transaction) {
    const auto done = transaction.commit();
    if (!done) throw Failure{done.error()};
    if (*done == CommitOutcome::in_doubt) {
        throw Failure{Error{ErrorKind::unavailable, "the target was lost during COMMIT"}};
    }
}

// name, statement that takes it off, statement that puts it back. Foreign keys come back last.
std::string candidates_sql(const std::vector<TargetSpec>& specs) {
    const std::string oids = oids_of(specs);
    return "SELECT 2, c.conname::text,"
           " format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname),"
           " format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname,"
           "  pg_get_constraintdef(c.oid))"
           " FROM pg_constraint c WHERE c.contype = 'f' AND c.conparentid = 0"
           " AND c.conrelid = ANY (" +
           oids +
           ") UNION ALL "
           "SELECT 1, i.indexrelid::regclass::text, format('DROP INDEX %s', "
           "i.indexrelid::regclass),"
           " pg_get_indexdef(i.indexrelid)"
           " FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid"
           " WHERE i.indrelid = ANY (" +
           oids +
           ") AND NOT i.indisunique AND i.indisvalid AND NOT i.indisreplident"
           " AND NOT k.relispartition"
           " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
           " ORDER BY 1, 2";
}

}  // namespace

std::vector<ForeignTable> tables_of_others(Connection& target,
                                           const std::vector<TargetSpec>& specs) {
    const QueryResult rows = target.exec(
        "SELECT c.oid::regclass::text, quote_ident(pg_get_userbyid(c.relowner)) FROM pg_class c"
        " WHERE c.oid = ANY (" +
        oids_of(specs) + ") AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1");
    std::vector<ForeignTable> tables;
    for (int row = 0; row < rows.rows(); ++row)
        tables.push_back({std::string{rows.text(row, 0)}, std::string{rows.text(row, 1)}});
    return tables;
}

std::size_t take_off_indexes(Connection& target, const std::string& slot,
                             const std::vector<TargetSpec>& specs) {
    ensure_schema(target);
    Transaction transaction{target};
    target.exec("SET LOCAL search_path = pg_catalog");  // so that all names are qualified
    const QueryResult found = target.exec(candidates_sql(specs));
    for (int row = 0; row < found.rows(); ++row) {
        target.exec(
            "INSERT INTO crossfade.deferred_ddl (slot, name, statement) VALUES ($1, $2, $3)",
            Params{slot, std::string{found.text(row, 1)}, std::string{found.text(row, 3)}});
        target.exec(std::string{found.text(row, 2)});
    }
    require_done(transaction);
    return static_cast<std::size_t>(found.rows());
}

std::size_t put_back_indexes(Connection& target, const std::string& slot,
                             const std::function<void(const std::string&)>& each) {
    if (!schema_has(target, "deferred_ddl", SchemaAge::exact_or_older)) return 0;
    const QueryResult found = target.exec(
        "SELECT ordinal::text, name, statement FROM crossfade.deferred_ddl WHERE slot = $1"
        " ORDER BY ordinal",
        Params{slot});
    for (int row = 0; row < found.rows(); ++row) {
        const std::string name{found.text(row, 1)};
        const std::string statement{found.text(row, 2)};
        if (each) each(name);
        Transaction transaction{target};
        const auto done = target.try_exec(statement);
        if (!done) {
            throw Failure{Error{ErrorKind::trust,
                                "the load took " + name + " off, and the target refuses it now: " +
                                    done.error().message(),
                                done.error().sqlstate()}
                              .with_hint("fix what stands in the way and start again; this will "
                                         "be done then: " +
                                         statement)};
        }
        target.exec("DELETE FROM crossfade.deferred_ddl WHERE ordinal = $1::bigint",
                    Params{std::string{found.text(row, 0)}});
        require_done(transaction);
    }
    return static_cast<std::size_t>(found.rows());
}

bool analyze_tables(Connection& target, const std::vector<TargetSpec>& specs) {
    if (!tables_of_others(target, specs).empty()) return false;
    for (const TargetSpec& spec : specs)
        target.exec("ANALYZE " + quote_table(spec.schema, spec.table));
    return true;
}

}  // namespace crossfade
