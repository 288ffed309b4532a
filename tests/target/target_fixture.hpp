#pragma once

#include "target/canonical.hpp"
#include "target/schema.hpp"
#include "target/writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

#include <memory>
#include <random>

namespace crossfade::test {

inline Uuid uuid(std::uint64_t number) {
    Uuid id;
    for (int i = 0; i < 8; ++i)
        id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

inline RootRef root(EntityIndex entity, std::uint64_t number) {
    return {entity, encode_key(Value{static_cast<std::int64_t>(number)})};
}

inline TargetSpec spec(std::string table, std::vector<TargetColumn> columns) {
    return TargetSpec{.entity = table,
                      .schema = "public",
                      .table = table,
                      .id_column = "id",
                      .columns = std::move(columns)};
}

inline TargetColumn column(std::string name, Owner owner = Owner::bridge) {
    return TargetColumn{.name = std::move(name), .kind = ColumnSpec::Kind::value, .owner = owner};
}

inline TargetColumn json_column(std::string name, std::vector<std::string> keys) {
    return TargetColumn{.name = std::move(name),
                        .kind = ColumnSpec::Kind::json,
                        .owner = Owner::bridge,
                        .json_keys = std::move(keys)};
}

inline RowWrite insertion(EntityIndex entity, std::uint64_t number, std::vector<Value> values) {
    return RowWrite{.root = root(entity, number),
                    .id = uuid(number),
                    .present = false,
                    .values = std::move(values),
                    .guards = {}};
}

inline RowWrite update(EntityIndex entity, std::uint64_t number, std::vector<Value> values,
                       std::vector<Guard> guards = {}) {
    RowWrite write = insertion(entity, number, std::move(values));
    write.present = true;
    write.guards = std::move(guards);
    return write;
}

inline RowDelete removal(EntityIndex entity, std::uint64_t number, std::uint32_t depth = 0) {
    return RowDelete{.root = root(entity, number), .id = uuid(number), .depth = depth};
}

// A database of its own with the tables of `ddl`, a position, and a writer for `specs`.
class Target {
public:
    Target(const std::string& ddl, std::vector<TargetSpec> specs, std::size_t merge_rows = 2000)
        : database_{Cluster::shared().create_database("target")},
          specs_{std::move(specs)},
          merge_rows_{merge_rows} {
        Cluster::shared().execute(database_, ddl);
        connect();
        ensure_schema(*connection_);
        insert_progress(*connection_, "slot", {.batch = 0, .end = {}, .source_system = "7"});
    }

    void connect() {
        writer_.reset();
        connection_ = std::make_unique<Connection>(
            Connection::open({.conninfo = Cluster::shared().conninfo(database_),
                              .application_name = "crossfade test",
                              .purpose = "target"}));
        writer_ = std::make_unique<TargetWriter>(
            *connection_, specs_,
            WriterOptions{.slot = "slot", .origin = "", .merge_rows = merge_rows_});
    }

    // Numbers and plans the batch, executes it, and commits if it is ready.
    BatchAnswer apply(TargetBatch batch) {
        BatchAnswer answer = execute(std::move(batch));
        if (answer.ready()) commit();
        return answer;
    }
    BatchAnswer execute(TargetBatch batch) {
        batch.number = number_ + 1;
        batch.end = EndLsn{Lsn{0x100 + batch.number}};
        plan_batch(batch);
        BatchAnswer answer = writer_->execute(batch);
        CHECK(writer_->is_open() == answer.ready());
        return answer;
    }
    void commit() {
        writer_->commit();
        ++number_;
    }

    void sql(const std::string& statement) { Cluster::shared().execute(database_, statement); }
    std::string value(const std::string& query) {
        return Cluster::shared().value(database_, query);
    }
    // Every row of a table as one text, ordered.
    std::string dump(const std::string& table) {
        return value("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM " +
                     table + " t");
    }

    Connection& connection() { return *connection_; }
    TargetWriter& writer() { return *writer_; }
    const std::string& database() const { return database_; }
    const std::vector<TargetSpec>& specs() const { return specs_; }
    std::uint64_t number() const { return number_; }

private:
    std::string database_;
    std::vector<TargetSpec> specs_;
    std::size_t merge_rows_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<TargetWriter> writer_;
    std::uint64_t number_ = 0;
};

inline std::set<RootRef> refused_roots(const BatchAnswer& answer) {
    std::set<RootRef> roots;
    for (const Refusal& refusal : answer.refused)
        CHECK(roots.insert(refusal.root).second);
    return roots;
}

}  // namespace crossfade::test
