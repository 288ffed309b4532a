// A secret is read from the source again by the row's key, also if the table has none.
#include "service/deferred_fill.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

#include "model/fingerprint.hpp"
#include "pipeline/batch.hpp"
#include "state/memory_store.hpp"

#include <chrono>
#include <map>
#include <semaphore>

namespace crossfade::test {
namespace {

constexpr const char* kMapping = R"yaml(version: 1
namespace: 549b22fb-a5c3-5d16-94b0-27e90695449f
relations: {login: {secret: [password]}}
entities:
  accounts:
    target: public.accounts
    root: {group: {l: {from: login, key: [name, note]}}}
    id: "'account/' || key.name || coalesce(key.note, '')"
    columns: {hash: {deferred: "'plain ' || l.password", until: "'!'"}}
)yaml";

std::map<std::string, CatalogTable> catalog() {
    CatalogTable login;
    login.name = "login";
    login.columns = {{"name", Type::text, "text"},
                     {"note", Type::text, "text"},
                     {"password", Type::text, "text"}};
    login.identity = ReplicaIdentity::full;
    login.identity_key = {"name", "note", "password"};
    return {{"public.login", login}};
}

// Rows of `login`, on the source and in the state.
class Logins {
public:
    Logins() : database_{Cluster::shared().create_database("logins")} {
        Findings findings;
        const auto mapping = parse_mapping(kMapping, "logins.yaml", findings);
        REQUIRE(mapping);
        program_ = compile(*mapping, catalog(), findings);
        INFO((findings.empty() ? "" : findings.front().format()));
        REQUIRE(program_);
        key_.fill(7);
        Cluster::shared().execute(database_,
                                  "CREATE TABLE login (name text, note text, password text)");
    }

    void add(const std::string& name, const std::optional<std::string>& note,
             const std::string& password) {
        const SecretFingerprinter fingerprinter{
            std::string_view{reinterpret_cast<const char*>(key_.data()), key_.size()}};
        const std::map<std::string, Value> values{{"name", name},
                                                  {"note", note ? Value{*note} : Value{Null{}}},
                                                  {"password", fingerprinter(password)}};
        Change change;
        for (const MappedColumn& column : program_->relations[0].columns)
            change.row.push_back(values.at(column.name));
        changes_.push_back(std::move(change));
        Cluster::shared().execute(database_, "INSERT INTO login VALUES ('" + name + "', " +
                                                 (note ? "'" + *note + "'" : "NULL") + ", '" +
                                                 password + "')");
    }

    // The filled values by their account's name.
    std::map<std::string, std::string> fill() {
        Batch batch{*program_, state_, {}};
        batch.stage(changes_);
        batch.close(EndLsn{Lsn{8}});
        batch.derive();
        batch.accept({});
        state_.write(batch.changes(read_position(state_)), true);

        ConnectionOptions source;
        source.conninfo = Cluster::shared().conninfo(database_);
        source.application_name = "deferred fill test";
        source.purpose = "source";
        std::counting_semaphore<> ready{0};
        DeferredFill fill{*program_, state_,         source,
                          key_,      Logger::none(), [&] { ready.release(); }};
        fill.begin();
        REQUIRE(ready.try_acquire_for(std::chrono::seconds{30}));
        std::map<std::string, std::string> values;
        const auto filled = fill.take();
        REQUIRE(filled);
        for (const auto& [item, value] : *filled)
            values[display_key(item.key)] = to_display(value);
        return values;
    }

private:
    std::string database_;
    std::shared_ptr<const Program> program_;
    SecretKey key_{};
    MemoryStore state_;
    std::vector<Change> changes_;
};

}  // namespace

TEST_CASE("the secret of a table without a key is that of the row whose fingerprint is stored",
          "[service][postgres]") {
    Logins logins;
    logins.add("ada", "first", "one");
    logins.add("ada", "second", "two");
    logins.add("bob", std::nullopt, "three");
    logins.add("bob", std::nullopt, "three");
    logins.add("cyd", "", "four");
    CHECK(logins.fill() == std::map<std::string, std::string>{{"ada/first", "plain one"},
                                                              {"ada/second", "plain two"},
                                                              {"bob/%00", "plain three"},
                                                              {"cyd/", "plain four"}});
}

TEST_CASE("of rows that are equal but for the secret, the secret of the first is read",
          "[service][postgres]") {
    Logins logins;
    for (const char* password : {"one", "two", "three", "four"})
        logins.add("ada", std::nullopt, password);
    const auto values = logins.fill();
    REQUIRE(values.size() == 1);
    CHECK(values.begin()->second.starts_with("plain "));
}

}  // namespace crossfade::test
