#include "service/adoption.hpp"

#include "pipeline/state_view.hpp"
#include "tests/snapshot/shop.hpp"
#include "transforms/derivation.hpp"
#include "transforms/functions/uuid5.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {
Uuid uuid(int number) {
    const std::string tail = std::to_string(number);
    return Uuid::parse("00000000-0000-4000-8000-" + std::string(12 - tail.size(), '0') + tail)
        .value();
}

struct Adopted {
    LoadSource source;
    std::string target;
    LoadRun run;

    Adopted() : source{LoadSource::shop(8)}, target{Cluster::shared().create_database("adopt")} {
        Cluster::shared().execute(target, text_of_file(kMappings / "shop/target.sql"));
        // Logins 1 and 2 have a customer besides; 3 has none; 4 is not there.
        source.execute(
            "TRUNCATE login, customer; INSERT INTO login (id, username) VALUES "
            "(1, 'anna'), (2, 'berta'), (3, 'carl');"
            "INSERT INTO customer (id, login_id) VALUES (10, 1), (11, 2)");
        reload();
    }
    void reload() {
        if (loaded_) wipe_images(*run.store);
        loaded_ = true;
        Exporter exporter{source.database};
        run.load(source, run.options(source, exporter.name()));
    }
    void execute(const std::string& sql) const { Cluster::shared().execute(target, sql); }
    void account(int number, const std::string& profile) const {
        const std::string id = uuid(number).format();
        execute(
            "INSERT INTO account (id, username, password_hash, is_active, is_blocked, "
            "customers, created_at, updated_at, profile) VALUES ('" +
            id + "', 'old_" + std::to_string(number) + "', '!', true, false, 0, now(), now(), '" +
            profile + "')");
    }
    void contact(int number, int account) const {
        execute("INSERT INTO contact VALUES ('" + uuid(number).format() + "', '" +
                uuid(account).format() + "')");
    }
    std::vector<AdoptionReport> adopt() {
        auto connection = open(target, "target");
        return crossfade::adopt(*source.program, connection, *run.store);
    }
    EntityIndex entity(std::string_view name) const { return source.program->find_entity(name); }
    Uuid id_of(std::string_view name, const Value& key) const {
        StateView view{*source.program, *run.store};
        return derive(*source.program, entity(name), encode_key(key), view).id;
    }
    Uuid computed(const std::string& name) const {
        return uuid_v5(source.program->name_space, name);
    }

private:
    bool loaded_ = false;
};
}  // namespace

TEST_CASE("a root keeps the id under which an earlier migration wrote it", "[postgres]") {
    Adopted shop;
    shop.account(1, R"({"old_login": 1})");
    shop.account(2, R"({"old_login": "2"})");
    shop.account(3, R"({"old_login": null})");
    shop.account(4, R"({"someone": "born here"})");
    shop.account(5, R"({"old_login": 1})");
    shop.execute("INSERT INTO supplier (id, city, code, remark) VALUES ('" + uuid(50).format() +
                 "', 'x', 'y', 'OLD-7'), ('" + uuid(51).format() + "', 'x', 'z', 'new')");
    const auto counts = shop.adopt();

    const AdoptionReport& accounts = counts[shop.entity("accounts")];
    CHECK(accounts.rows == 4);
    CHECK(accounts.adopted == 2);
    CHECK(accounts.unusable == 1);
    CHECK(accounts.ambiguous == 1);
    CHECK(shop.id_of("accounts", std::string{"login/1"}) == uuid(1));
    CHECK(shop.id_of("accounts", std::string{"login/2"}) == uuid(2));
    CHECK(shop.id_of("accounts", std::string{"login/3"}) == shop.computed("login/3"));
    CHECK(counts[shop.entity("suppliers")].adopted == 1);
    StateView view{*shop.source.program, *shop.run.store};
    const auto supplier = view.adopted(shop.entity("suppliers"), shop.computed("supplier/7"));
    REQUIRE(supplier);
    CHECK(supplier->id == uuid(50));
    CHECK(counts[shop.entity("customers")].rows == 0);

    const auto before = entries_of(*shop.run.store, Family::meta);
    const auto again = shop.adopt();
    CHECK(again[shop.entity("accounts")].adopted == 2);
    CHECK(entries_of(*shop.run.store, Family::meta) == before);
    wipe_images(*shop.run.store);
    CHECK(entries_of(*shop.run.store, Family::meta).empty());
}

TEST_CASE("a row that refers to an adopted parent is adopted with it", "[postgres]") {
    Adopted shop;
    shop.account(1, R"({"old_login": "1"})");
    shop.account(4, R"({"old_login": "4"})");
    shop.account(9, R"({})");
    shop.contact(101, 1);
    shop.contact(104, 4);  // of an account that the source has no more
    shop.contact(109, 9);  // of an account that was born on the target
    const auto counts = shop.adopt();
    const AdoptionReport& contacts = counts[shop.entity("contacts")];
    CHECK(contacts.rows == 1);
    CHECK(contacts.adopted == 1);
    CHECK(contacts.ambiguous == 0);
    CHECK(shop.id_of("contacts", std::int64_t{1}) == uuid(101));
    CHECK(shop.id_of("contacts", std::int64_t{2}) == shop.computed("contact/2"));
}

TEST_CASE("a row is found by a value that its root gives too", "[postgres]") {
    Adopted shop;
    shop.source.execute(
        "TRUNCATE warehouse; INSERT INTO warehouse (id, name) VALUES "
        "(1, 'north'), (2, ' south '), (3, 'south'), (4, NULL)");
    shop.reload();
    const auto location = [&](int number, const std::string& code) {
        shop.execute(
            "INSERT INTO location (id, code, name, kind, rank_in_country, is_active) "
            "VALUES ('" +
            uuid(number).format() + "', '" + code + "', 'x', 'leaf', 1, true)");
    };
    location(11, "OLD-north");
    location(12, "OLD-south");
    location(13, "OLD-west");
    location(14, "W4");
    const auto counts = shop.adopt();
    const AdoptionReport& locations = counts[shop.entity("locations")];
    CHECK(locations.rows == 3);
    CHECK(locations.adopted == 2);
    CHECK(locations.unusable == 1);
    CHECK(locations.rebuilt == 2);
    CHECK(locations.adopted_keys == std::vector<std::string>{"1", "2"});
    CHECK(shop.id_of("locations", std::int64_t{1}) == uuid(11));
    CHECK(shop.id_of("locations", std::int64_t{2}) == uuid(12));  // the lowest of two
    CHECK(shop.id_of("locations", std::int64_t{3}) == shop.computed("warehouse/3"));
}

TEST_CASE("columns of an adopted row that are somebody else's are told apart", "[postgres]") {
    Adopted shop;
    shop.account(1, R"({"old_login": 1})");
    shop.account(2, R"({"old_login": 2})");
    shop.execute("UPDATE account SET password_hash = '$2b$04$somebodys' WHERE id = '" +
                 uuid(2).format() + "'");
    shop.adopt();
    StateView view{*shop.source.program, *shop.run.store};
    const EntityIndex accounts = shop.entity("accounts");
    const auto& columns = shop.source.program->entities[accounts].target.columns;
    CHECK(view.adopted(accounts, shop.computed("login/1"))->others.empty());
    const auto others = view.adopted(accounts, shop.computed("login/2"))->others;
    REQUIRE(others.size() == 1);
    CHECK(columns[*others.begin()].name == "password_hash");
}

TEST_CASE("a row that has the computed id already needs no adoption", "[postgres]") {
    Adopted shop;
    shop.account(1, R"({"old_login": "1"})");
    shop.execute("UPDATE account SET id = '" + shop.computed("login/1").format() + "'");
    const auto counts = shop.adopt();
    CHECK(counts[shop.entity("accounts")].own == 1);
    CHECK(counts[shop.entity("accounts")].adopted == 0);
    CHECK(shop.id_of("accounts", std::string{"login/1"}) == shop.computed("login/1"));
}

TEST_CASE("SQL of an adoption that the target refuses names the entity", "[postgres]") {
    Adopted shop;
    shop.execute("ALTER TABLE account RENAME profile TO extras");
    try {
        shop.adopt();
        FAIL("nothing was thrown");
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::configuration);
        CHECK_THAT(failure.error().message(), ContainsSubstring("entities.accounts.adopt"));
    }
}
