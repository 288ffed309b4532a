// Deferred columns of roots that go and return, in every order: a fill writes nothing to a row
// whose root is gone, is asked for again when the root returns, and no gone root is rejected.
#include "tests/pipeline/model_target.hpp"
#include "tests/support/catch.hpp"

#include "model/fingerprint.hpp"
#include "pipeline/batch.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "transforms/derivation.hpp"

#include <algorithm>
#include <random>

namespace crossfade::test {
namespace {

std::shared_ptr<const Program> compiled(bool group, bool kept) {
    Findings findings;
    const std::string root = group ? "{group: {l: {from: login, key: id}}}" : "{row: login, as: l}";
    const auto mapping = parse_mapping(
        "version: 1\nnamespace: 549b22fb-a5c3-5d16-94b0-27e90695449f\n"
        "relations: {login: {secret: password}}\n"
        "entities:\n  accounts:\n    target: accounts\n    root: " +
            root +
            "\n    id: \"'account/' || key\"\n    columns:\n      name: l.name\n"
            "      state: \"'live'\"\n"
            "      hash: {deferred: \"'plain ' || l.password\", until: \"'!'\"}\n" +
            (kept ? "    on_delete: {keep: {state: \"'kept'\"}}\n" : ""),
        "accounts.yaml", findings);
    REQUIRE(mapping);
    CatalogTable login;
    login.name = "login";
    login.columns = {{"id", Type::integer, "bigint", false, false},
                     {"name", Type::text, "text"},
                     {"password", Type::text, "text"}};
    login.primary_key = login.identity_key = {"id"};
    auto program = compile(*mapping, {{"public.login", login}}, findings);
    INFO((findings.empty() ? "" : findings.front().format()));
    REQUIRE(program);
    return program;
}

// Source, state and target of accounts 1 to 4. The target refuses what it is told to refuse.
class Accounts {
public:
    Accounts(bool group, bool kept)
        : kept_{kept}, program_{compiled(group, kept)}, target_{*program_} {}

    Change put(std::int64_t id, const std::string& password, const std::string& name = "n") {
        Change change;
        change.operation = has(id) ? Operation::update : Operation::insert;
        source_[id] = password;
        const std::map<std::string, Value> values{
            {"id", id}, {"name", name}, {"password", fingerprinter_(password)}};
        for (const MappedColumn& column : program_->relations[0].columns)
            change.row.push_back(values.at(column.name));
        return change;
    }
    Change remove(std::int64_t id) {
        source_.erase(id);
        Change change;
        change.operation = Operation::remove;
        change.old_key = {id};
        return change;
    }
    bool has(std::int64_t id) const { return source_.contains(id); }

    void apply(const std::vector<Change>& changes) {
        Batch batch{*program_, state_, {}};
        batch.stage(changes);
        lsn_ += 8;
        batch.close(EndLsn{Lsn{lsn_}});
        commit(batch);
        for (bool more = true; more;) {
            Batch work{*program_, state_, {}};
            more = work.add_work();
            if (more) commit(work);
        }
    }

    using Filled = std::vector<std::pair<WorkItem, Value>>;
    // As service/deferred_fill: values are computed beside the stream ...
    Filled compute() {
        Filled filled;
        StateView view{*program_, state_};
        for (WorkItem& item : deferred_work(state_, 100)) {
            const auto record = view.record(0, item.key);
            if (!record || !record->present || record->state == StoredState::gone) {
                filled.emplace_back(std::move(item), Absent{});
                continue;
            }
            const auto place = secret_place(*program_, 0, item.key, item.column, view);
            REQUIRE(place);
            const auto row = source_.find(std::get<std::int64_t>(decode_key(place->row).front()));
            if (row == source_.end() || !(fingerprinter_(row->second) == place->fingerprint))
                continue;
            auto value = deferred_value(*program_, 0, item.key, item.column, Value{row->second},
                                        std::string(16, 's'), view);
            REQUIRE(value.has_value());
            filled.emplace_back(std::move(item), std::move(*value));
        }
        return filled;
    }
    // ... and written by a batch of their own.
    void write(const Filled& filled) {
        Batch batch{*program_, state_, {}};
        for (const auto& [item, value] : filled)
            batch.fill(item, value);
        commit(batch);
    }
    void fill() { write(compute()); }
    bool waits() const { return !deferred_work(state_, 1).empty(); }

    // As `quarantine retry`.
    void retry() {
        Batch batch{*program_, state_, {}};
        state_.scan(Family::quarantine, {}, {}, [&](std::string_view key, std::string_view) {
            batch.add_root(keys::root_of(key));
            return true;
        });
        commit(batch);
    }

    std::string refused_password;  // empty: none
    bool refuses_to_keep = false;
    bool refuses_to_delete = false;

    std::optional<DerivedRecord> record(std::int64_t id) const {
        const auto bytes = state_.get(Family::derived, keys::root(0, encode_key({Value{id}})));
        return bytes ? std::optional{DerivedRecord::decode(*bytes)} : std::nullopt;
    }
    // State and hash as the target has them: "live plain one"; "none".
    std::string row(std::int64_t id) const {
        const auto known = record(id);
        if (!known || !known->present) return "none";
        const std::vector<Value>& row = target_.table(0).at(known->id);
        return to_display(row[column("state")]) + " " + to_display(row[column("hash")]);
    }

    // Quarantine and account agree, and no root without a source row is in either.
    void check() const {
        std::int64_t listed = 0;
        state_.scan(Family::quarantine, {}, {}, [&](std::string_view key, std::string_view) {
            const auto id = decode_key(keys::root_of(key).root).front();
            CHECK(has(std::get<std::int64_t>(id)));
            ++listed;
            return true;
        });
        CHECK(listed == read_counter(state_, 0, "rejected"));
        CHECK(listed + read_counter(state_, 0, "applied") ==
              static_cast<std::int64_t>(source_.size()));
    }
    // When nothing is refused and everything is filled.
    void check_settled() const {
        check();
        for (std::int64_t id = 1; id <= 4; ++id) {
            INFO("account " << id);
            if (has(id)) CHECK(row(id) == "live plain " + source_.at(id));
            if (!has(id)) CHECK((row(id) == "none" || (kept_ && row(id).starts_with("kept "))));
        }
    }

private:
    std::uint32_t column(const std::string& name) const {
        const auto& columns = program_->entities[0].target.columns;
        const auto found = std::ranges::find(columns, name, &TargetColumn::name);
        return static_cast<std::uint32_t>(found - columns.begin());
    }

    bool refuses(const RowWrite& write) const {
        const auto sets = [&](const std::string& name) {
            return write.only.empty() || std::ranges::count(write.only, column(name)) > 0;
        };
        const Value& hash = write.values[column("hash")];
        if (sets("hash")) CHECK_FALSE(is_null(hash));
        if (sets("hash") && hash == Value{"plain " + refused_password}) return true;
        return refuses_to_keep && sets("state") &&
               write.values[column("state")] == Value{std::string{"kept"}};
    }

    BatchAnswer execute(const TargetBatch& batch) {
        BatchAnswer answer;
        for (const RowWrite& write : batch.writes) {
            if (refuses(write)) answer.refused.push_back({write.root, "23514", "c", {}, "refused"});
        }
        for (const RowDelete& removal : batch.deletes) {
            if (refuses_to_delete)
                answer.refused.push_back({removal.root, "P0001", "", {}, "refused"});
        }
        return answer.refused.empty() ? target_.execute(batch) : answer;
    }

    void commit(Batch& batch) {
        BatchAnswer answer = execute(batch.derive());
        for (int attempt = 0; !answer.ready(); ++attempt) {
            REQUIRE(attempt < 20);
            batch.refuse(answer);
            answer = execute(batch.derive());
        }
        batch.accept(answer);
        Position position = read_position(state_);
        position.applied = batch.lsn();
        state_.write(batch.changes(position), true);
    }

    bool kept_;
    std::shared_ptr<const Program> program_;
    ModelTarget target_;
    MemoryStore state_;
    SecretFingerprinter fingerprinter_{"0123456789abcdef0123456789abcdef"};
    std::map<std::int64_t, std::string> source_;  // id -> password
    std::uint64_t lsn_ = 0;
};

}  // namespace

TEST_CASE("a fill of a row whose root is gone writes nothing, and comes when the root returns",
          "[pipeline]") {
    Accounts accounts{GENERATE(false, true), true};
    const std::string next = GENERATE("two", "one", "three");
    accounts.apply({accounts.put(1, "one")});
    accounts.fill();
    REQUIRE(accounts.row(1) == "live plain one");
    SECTION("changed and deleted in one batch") {
        accounts.apply({accounts.put(1, "two"), accounts.remove(1)});
    }
    SECTION("changed, then deleted before the fill") {
        accounts.apply({accounts.put(1, "two")});
        accounts.apply({accounts.remove(1)});
    }
    SECTION("deleted after the value was computed") {
        accounts.apply({accounts.put(1, "two")});
        const auto filled = accounts.compute();
        REQUIRE(filled.size() == 1);
        accounts.apply({accounts.remove(1)});
        accounts.write(filled);
    }
    accounts.fill();
    CHECK_FALSE(accounts.waits());
    CHECK(accounts.row(1) == "kept plain one");
    accounts.check_settled();
    accounts.apply({accounts.put(1, next)});
    accounts.fill();
    accounts.check_settled();
}

TEST_CASE("a fill that came before its root went is not made again when the root returns",
          "[pipeline]") {
    Accounts accounts{GENERATE(false, true), true};
    accounts.apply({accounts.put(1, "one")});
    accounts.fill();
    accounts.apply({accounts.remove(1)});
    CHECK(accounts.row(1) == "kept plain one");
    accounts.apply({accounts.put(1, "one")});
    CHECK_FALSE(accounts.waits());
    accounts.check_settled();
}

TEST_CASE("a root deleted and inserted again before the fill gets the new value", "[pipeline]") {
    Accounts accounts{GENERATE(false, true), GENERATE(false, true)};
    const bool filled = GENERATE(false, true);
    const bool at_once = GENERATE(false, true);
    accounts.apply({accounts.put(1, "one")});
    if (filled) accounts.fill();
    if (at_once) {
        accounts.apply({accounts.remove(1), accounts.put(1, "two")});
    } else {
        accounts.apply({accounts.remove(1)});
        accounts.apply({accounts.put(1, "two")});
    }
    accounts.fill();
    accounts.check_settled();
}

TEST_CASE("a fill that was refused is asked for again when its root is tried again", "[pipeline]") {
    Accounts accounts{GENERATE(false, true), true};
    accounts.apply({accounts.put(1, "one")});
    accounts.fill();
    accounts.refused_password = "two";
    accounts.apply({accounts.put(1, "two")});
    accounts.fill();
    CHECK(accounts.row(1) == "live plain one");
    CHECK(accounts.record(1)->state == StoredState::rejected);
    accounts.check();
    SECTION("as it is") {
        accounts.refused_password.clear();
        accounts.retry();
    }
    SECTION("with another name") {
        accounts.refused_password.clear();
        accounts.apply({accounts.put(1, "two", "m")});
    }
    SECTION("with another password") { accounts.apply({accounts.put(1, "three")}); }
    SECTION("after it was gone") {
        accounts.apply({accounts.remove(1)});
        CHECK(accounts.row(1) == "kept plain one");
        accounts.check_settled();
        accounts.refused_password.clear();
        accounts.apply({accounts.put(1, "two")});
    }
    accounts.fill();
    accounts.check_settled();
}

TEST_CASE("a gone root whose row the target will not let go is not rejected; the row stands",
          "[pipeline]") {
    const bool kept = GENERATE(false, true);
    const bool waiting = GENERATE(false, true);
    Accounts accounts{GENERATE(false, true), kept};
    accounts.apply({accounts.put(1, "one"), accounts.put(2, "one")});
    accounts.fill();
    accounts.refuses_to_keep = accounts.refuses_to_delete = true;
    if (waiting) accounts.apply({accounts.put(1, "two")});
    accounts.apply({accounts.remove(1)});
    accounts.fill();
    CHECK(accounts.row(1) == "live plain one");
    CHECK(accounts.record(1)->state == StoredState::gone);
    CHECK(accounts.record(1)->flags.contains("refused"));
    accounts.check();
    accounts.refuses_to_keep = accounts.refuses_to_delete = false;
    accounts.apply({accounts.put(1, "three")});
    accounts.fill();
    CHECK_FALSE(accounts.record(1)->flags.contains("refused"));
    accounts.check_settled();
    accounts.apply({accounts.remove(1)});
    CHECK(accounts.row(1) == (kept ? "kept plain three" : "none"));
    accounts.check_settled();
}

TEST_CASE("in whatever order roots change, go, return, are filled and refused, accounts agree",
          "[pipeline][property]") {
    for (unsigned seed = 1; seed <= 1'000; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random{seed};
        const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
        Accounts accounts{below(2) == 0, below(3) != 0};
        Accounts::Filled computed;
        const auto change = [&] {
            const std::int64_t id = 1 + below(4);
            if (accounts.has(id) && below(2) == 0) return accounts.remove(id);
            return accounts.put(id, "p" + std::to_string(below(4)), below(2) == 0 ? "n" : "m");
        };
        for (unsigned step = 4 + below(30); step > 0; --step) {
            switch (below(8)) {
                case 0: computed = accounts.compute(); break;
                case 1: accounts.write(std::exchange(computed, {})); break;
                case 2: accounts.refused_password = below(3) == 0 ? "p1" : ""; break;
                case 3:
                    accounts.refuses_to_keep = below(4) == 0;
                    accounts.refuses_to_delete = below(4) == 0;
                    break;
                case 4: accounts.retry(); break;
                default: {
                    std::vector<Change> changes;
                    for (unsigned n = 1 + below(4); n > 0; --n)
                        changes.push_back(change());
                    accounts.apply(changes);
                }
            }
            accounts.check();
        }
        accounts.write(computed);
        accounts.refused_password.clear();
        accounts.refuses_to_keep = accounts.refuses_to_delete = false;
        accounts.retry();
        // A gone root that was refused goes when it has come once more.
        for (std::int64_t id = 1; id <= 4; ++id) {
            const auto record = accounts.record(id);
            if (!record || !record->flags.contains("refused")) continue;
            accounts.apply({accounts.put(id, "p0")});
            accounts.apply({accounts.remove(id)});
        }
        for (int fills = 0; accounts.waits() && fills < 10; ++fills)
            accounts.fill();
        accounts.check_settled();
    }
}

}  // namespace crossfade::test
