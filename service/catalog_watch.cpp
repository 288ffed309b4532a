#include "service/catalog_watch.hpp"

#include "model/encoding.hpp"
#include "model/start_thread.hpp"
#include "postgres/interrupt.hpp"
#include "postgres/quote.hpp"
#include "state/keys.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace crossfade {

namespace {

constexpr const char* kStatement = "crossfade_catalog";

// A column by what the server calls it: `number` and `type` say which it is, `row` is its row of
// pg_attribute and `xmin` the transaction that wrote that one.
struct ColumnLook {
    std::string number;
    std::string type;
    std::string xmin;
    std::string row;
};

struct TableLook {
    std::string oid;
    std::string persistence;
    std::string kind;
    std::string children;
    std::string toast;  // oid of its table of large values: another one for a table written anew
    std::string file;
    std::string type_xmin;  // of its row type, which RENAME and SET SCHEMA write
    std::string type_row;
    std::string xmin;
    std::map<std::string, ColumnLook> columns;
};

struct CatalogLook {
    std::string lsn;  // all that was committed before it is told by the look
    std::string end;  // nothing that was committed behind it is
    std::map<std::string, TableLook> tables;
};

std::string look_sql(const Program& program) {
    std::string names;
    for (const MappedRelation& relation : program.relations) {
        names += (names.empty() ? "(" : ", (") + quote_literal(relation.schema) + ", " +
                 quote_literal(relation.name) + ")";
    }
    return "SELECT m.s, m.r, c.oid, c.relpersistence, c.relkind,"
           " (SELECT count(*) FROM pg_inherits WHERE inhparent = c.oid), c.reltoastrelid,"
           " c.relfilenode, t.xmin, md5((to_jsonb(t) - 'typacl')::text), c.xmin, a.attname,"
           " a.attnum, format_type(a.atttypid, a.atttypmod), a.xmin, md5(to_jsonb(a)::text)"
           " FROM (VALUES " +
           names +
           ") AS m(s, r) JOIN pg_namespace n ON n.nspname = m.s"
           " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = m.r"
           " JOIN pg_type t ON t.oid = c.reltype JOIN pg_attribute a ON a.attrelid = c.oid AND"
           " a.attnum > 0 AND NOT a.attisdropped";
}

// The positions are read before and behind the snapshot of the look.
CatalogLook read_catalog(Connection& source) {
    const std::string where = "SELECT pg_current_wal_insert_lsn()";
    CatalogLook look;
    look.lsn = source.exec(where).text(0, 0);
    const QueryResult rows = source.exec_prepared(kStatement, Params{});
    look.end = source.exec(where).text(0, 0);
    for (int r = 0; r < rows.rows(); ++r) {
        int at = 0;
        const auto next = [&] { return std::string{rows.text(r, at++)}; };
        TableName name;
        name.schema = next();
        name.name = next();
        TableLook& table = look.tables[name.text()];
        for (std::string* field :
             {&table.oid, &table.persistence, &table.kind, &table.children, &table.toast,
              &table.file, &table.type_xmin, &table.type_row, &table.xmin})
            *field = next();
        ColumnLook& column = table.columns[next()];
        for (std::string* field : {&column.number, &column.type, &column.xmin, &column.row})
            *field = next();
    }
    return look;
}

// The mapped columns alone: others may come, go and change.
TableLook mapped_part(const MappedRelation& relation, TableLook table) {
    std::set<std::string> names;
    for (const MappedColumn& column : relation.columns)
        names.insert(column.name);
    std::erase_if(table.columns, [&](const auto& entry) { return !names.contains(entry.first); });
    return table;
}

std::string encode(const std::map<std::string, TableLook>& tables, const std::string& lsn) {
    std::string bytes;
    append_text(bytes, lsn);
    append_varint(bytes, tables.size());
    for (const auto& [name, table] : tables) {
        for (const std::string& field :
             {name, table.oid, table.persistence, table.kind, table.children, table.toast,
              table.file, table.type_xmin, table.type_row, table.xmin})
            append_text(bytes, field);
        append_varint(bytes, table.columns.size());
        for (const auto& [column, look] : table.columns) {
            for (const std::string& field : {column, look.number, look.type, look.xmin, look.row})
                append_text(bytes, field);
        }
    }
    return bytes;
}

std::optional<CatalogLook> stored(const Reader& state) {
    const auto bytes = state.get(Family::meta, keys::kSourceCatalog);
    if (!bytes) return std::nullopt;
    std::string_view in = *bytes;
    CatalogLook look;
    look.lsn = take_text(in);
    for (std::uint64_t left = take_varint(in); left > 0; --left) {
        TableLook& table = look.tables[take_text(in)];
        for (std::string* field :
             {&table.oid, &table.persistence, &table.kind, &table.children, &table.toast,
              &table.file, &table.type_xmin, &table.type_row, &table.xmin})
            *field = take_text(in);
        for (std::uint64_t columns = take_varint(in); columns > 0; --columns) {
            ColumnLook& column = table.columns[take_text(in)];
            for (std::string* field : {&column.number, &column.type, &column.xmin, &column.row})
                *field = take_text(in);
        }
    }
    return look;
}

void store(Store& state, const CatalogLook& look) {
    WriteSet set;
    set.put(Family::meta, std::string{keys::kSourceCatalog}, encode(look.tables, look.lsn));
    state.write(set, true);
}

struct Change {
    std::string what;  // behind the table's name
    std::string xid;   // of the catalog's row that tells it
};

std::optional<Change> changed_column(const std::string& name, const ColumnLook& then,
                                     const ColumnLook* now) {
    if (now == nullptr) return Change{"has no column " + name + " any more", {}};
    if (now->number != then.number)
        return Change{"has another column " + name + " than before", now->xmin};
    if (now->type != then.type) {
        return Change{
            "has the column " + name + " as " + now->type + " now, before as " + then.type,
            now->xmin};
    }
    return std::nullopt;
}

// Which of the table's catalog rows were written anew and say the same as before.
std::vector<std::string> unexplained(const TableLook& then, const TableLook& now) {
    std::vector<std::string> names;
    for (const auto& [name, column] : then.columns) {
        const ColumnLook& other = now.columns.at(name);
        if (other.xmin != column.xmin && other.row == column.row) names.push_back(name);
    }
    return names;
}

std::optional<Change> changed_table(const TableLook& then, const TableLook* now) {
    if (now == nullptr) return Change{"is not there any more", {}};
    if (now->oid != then.oid)
        return Change{
            "is another table of that name (oid " + now->oid + ", before " + then.oid + ")",
            now->xmin};
    if (now->kind != then.kind) return Change{"is of another kind than before", now->xmin};
    if (now->persistence != then.persistence)
        return Change{"is no longer logged as before (SET LOGGED, SET UNLOGGED)", now->xmin};
    if (now->kind == "r" && now->children != then.children)
        return Change{"has other tables that inherit from it", now->xmin};
    for (const auto& [name, column] : then.columns) {
        const auto found = now->columns.find(name);
        auto change =
            changed_column(name, column, found == now->columns.end() ? nullptr : &found->second);
        if (change) return change;
    }
    if (now->type_xmin != then.type_xmin && now->type_row == then.type_row)
        return Change{"had another name or schema meanwhile", now->type_xmin};
    const std::vector<std::string> names = unexplained(then, *now);
    const bool rewritten = now->toast != then.toast && then.toast != "0" && now->toast != "0";
    if (rewritten || (now->file != then.file && !names.empty()))
        return Change{"was written anew (ALTER TABLE), its rows may have other values", now->xmin};
    if (names.size() > 1) {
        return Change{
            "has columns that had other names meanwhile (" + names[0] + ", " + names[1] + ")",
            now->columns.at(names[0]).xmin};
    }
    return std::nullopt;
}

std::optional<Error> difference(const Program& program, const CatalogLook& then,
                                const CatalogLook& now) {
    for (const MappedRelation& relation : program.relations) {
        const auto known = then.tables.find(relation.table());
        if (known == then.tables.end()) continue;
        const auto found = now.tables.find(relation.table());
        const TableLook before = mapped_part(relation, known->second);
        const auto change =
            changed_table(before, found == now.tables.end() ? nullptr : &found->second);
        if (!change) continue;
        std::string text = "table " + relation.table() + " " + change->what;
        if (!change->xid.empty()) text += "; by transaction " + change->xid;
        text += ", between " + then.lsn + " and " + now.end;
        return Error{ErrorKind::trust, text}.with_hint(
            "the stream does not tell such a change, so rows of this table may be wrong since "
            "then; "
            "when the table is as it shall be: crossfade drop --state, then `crossfade run` loads "
            "anew, and rows keep their ids");
    }
    return std::nullopt;
}

}  // namespace

void keep_catalog(const Program& program, Store& state, Connection& source) {
    source.prepare(kStatement, look_sql(program));
    store(state, read_catalog(source));
}

void check_catalog(const Program& program, Store& state, Connection& source) {
    source.prepare(kStatement, look_sql(program));
    const CatalogLook now = read_catalog(source);
    if (const auto then = stored(state)) {
        if (auto changed = difference(program, *then, now)) throw Failure{std::move(*changed)};
    }
    store(state, now);
}

struct CatalogWatch::Impl {
    Impl(const Program& mapped, Store& kept, ConnectionOptions options, std::function<void()> tell,
         std::chrono::milliseconds wait)
        : program{mapped},
          state{kept},
          source{std::move(options)},
          wake{std::move(tell)},
          period{wait} {
        source.interrupt = &interrupt;
        thread = start_thread([this] { run(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock{mutex};
            stopping = true;
        }
        news.notify_all();
        // A server that answers nothing any more holds nobody up.
        interrupt.raise();
        interrupt.cut();
        thread.join();
    }

    void run() {
        std::unique_lock lock{mutex};
        while (!news.wait_for(lock, period, [this] { return stopping; })) {
            lock.unlock();
            std::optional<Error> found = look();
            lock.lock();
            if (!found) continue;
            changed = std::move(found);
            lock.unlock();
            return wake();
        }
    }

    std::optional<Error> look() {
        try {
            auto then = stored(state);
            if (!then) return std::nullopt;
            if (!connection) {
                connection = Connection::open(source);
                connection->prepare(kStatement, look_sql(program));
            }
            const CatalogLook now = read_catalog(*connection);
            if (!last_lsn.empty()) then->lsn = last_lsn;
            auto found = difference(program, *then, now);
            if (!found) last_lsn = now.lsn;
            return found;
        } catch (const Failure&) {
            // Whoever reads the stream says what is wrong with the server.
            connection.reset();
            return std::nullopt;
        }
    }

    const Program& program;
    Store& state;
    ConnectionOptions source;
    std::function<void()> wake;
    std::chrono::milliseconds period;
    Interrupt interrupt;  // outlives the connection
    std::optional<Connection> connection;
    std::string last_lsn;
    mutable std::mutex mutex;
    std::condition_variable news;
    std::optional<Error> changed;
    bool stopping = false;
    std::thread thread;
};

CatalogWatch::CatalogWatch(const Program& program, Store& state, ConnectionOptions source,
                           std::function<void()> wake, std::chrono::milliseconds period)
    : impl_{std::make_unique<Impl>(program, state, std::move(source), std::move(wake), period)} {}

CatalogWatch::~CatalogWatch() = default;

std::optional<Error> CatalogWatch::changed() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->changed;
}

}  // namespace crossfade
