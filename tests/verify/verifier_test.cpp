// Verification finds what is wrong and nothing else: a shop that went through many changes, one
// thing corrupted at a time.
#include "tests/support/catch.hpp"
#include "tests/verify/shop_bridge.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"
#include "verify/report.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// A shop with history: parked and refused rows whose last good one stands, rows kept, shared
// values, others' changes.
void live(ShopBridge& shop, int seed) {
    for (int round = 0; round < 6; ++round) {
        shop.source("SELECT shop_change(" + std::to_string(seed + round) + ", 150)");
        if (round == 3) {
            shop.target(
                "UPDATE account SET email = 'taken' || id || '@over.test' WHERE id = (SELECT "
                "min(id::text)::uuid FROM account WHERE email IS NOT NULL)");
            shop.target(
                "INSERT INTO supplier (id, city, code) VALUES (gen_random_uuid(), 'born', "
                "'here')");
            shop.target("INSERT INTO refusal VALUES ('location', 'code', 'W3')");
        }
        shop.sync();
        if (round % 2 == 1) shop.fill_deferred();
    }
}

std::uint64_t total(const Verification& found, std::uint64_t EntityVerification::*member) {
    std::uint64_t sum = 0;
    for (const EntityVerification& entity : found.entities)
        sum += entity.*member;
    return sum;
}

bool has(const Verification& found, DifferenceKind kind, const std::string& entity,
         const std::string& column = {}) {
    return std::any_of(found.kept.begin(), found.kept.end(), [&](const Difference& d) {
        return d.kind == kind && d.entity == entity && d.column == column;
    });
}

struct Mutation {
    const char* name;
    const char* sql;
    DifferenceKind kind;
    const char* entity;
    const char* column;
};

// `ours` holds the ids of the rows that are compared: those that do not stand by history alone.
const Mutation kMutations[] = {
    {"a value",
     "UPDATE location SET name = name || 'x' WHERE id = (SELECT id FROM location JOIN ours USING "
     "(id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "locations", "name"},
    {"a trailing blank",
     "UPDATE customer SET name = name || ' ' WHERE id = (SELECT id FROM customer JOIN ours USING "
     "(id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "customers", "name"},
    {"NULL for a value",
     "UPDATE purchase SET mean_price = NULL WHERE id = (SELECT id FROM purchase JOIN ours USING "
     "(id) WHERE mean_price IS NOT NULL ORDER BY id LIMIT 1)",
     DifferenceKind::different, "purchases", "mean_price"},
    {"the empty text for NULL",
     "UPDATE contact SET phone = '' WHERE id = (SELECT id FROM contact JOIN ours USING (id) WHERE "
     "phone IS NULL ORDER BY id LIMIT 1)",
     DifferenceKind::different, "contacts", "phone"},
    {"one unit of the last place",
     "UPDATE price SET amount = amount + 0.01 WHERE id = (SELECT id FROM price JOIN ours USING "
     "(id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "prices", "amount"},
    {"one microsecond",
     "UPDATE purchase SET placed_at = placed_at + interval '1 microsecond' WHERE id = (SELECT id "
     "FROM purchase JOIN ours USING (id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "purchases", "placed_at"},
    {"a day",
     "UPDATE customer SET since = since + 1 WHERE id = (SELECT id FROM customer JOIN ours USING "
     "(id) WHERE since IS NOT NULL ORDER BY id LIMIT 1)",
     DifferenceKind::different, "customers", "since"},
    {"a boolean",
     "UPDATE account SET is_active = NOT is_active WHERE id = (SELECT id FROM account JOIN ours "
     "USING (id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "accounts", "is_active"},
    {"an owned key of a jsonb",
     "UPDATE account SET profile = jsonb_set(profile, '{kinds}', '[\"other\"]') WHERE id = (SELECT "
     "id FROM account JOIN ours USING (id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "accounts", "profile"},
    {"an owned key that is gone",
     "UPDATE account SET profile = profile - 'main' WHERE id = (SELECT id FROM account JOIN ours "
     "USING (id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "accounts", "profile"},
    {"a document",
     "UPDATE product SET title = title || '{\"en\": \"other\"}' WHERE id = (SELECT id FROM product "
     "JOIN ours USING (id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "products", "title"},
    {"bytes",
     "UPDATE product SET photo = '\\x00ff' WHERE id = (SELECT id FROM product JOIN ours USING (id) "
     "ORDER BY id LIMIT 1)",
     DifferenceKind::different, "products", "photo"},
    {"a swapped foreign key",
     "UPDATE purchase SET customer_id = (SELECT c.id FROM customer c WHERE c.id <> customer_id "
     "ORDER BY c.id LIMIT 1) WHERE id = (SELECT id FROM purchase JOIN ours USING (id) ORDER BY id "
     "LIMIT 1)",
     DifferenceKind::different, "purchases", "customer_id"},
    {"a detached parent",
     "UPDATE purchase SET location_id = NULL WHERE id = (SELECT id FROM purchase JOIN ours USING "
     "(id) WHERE location_id IS NOT NULL ORDER BY id LIMIT 1)",
     DifferenceKind::different, "purchases", "location_id"},
    {"a time that stepped back",
     "UPDATE account SET last_seen_at = '1999-01-01' WHERE id = (SELECT l.id FROM account l JOIN "
     "ours USING (id) WHERE last_seen_at IS NOT NULL ORDER BY id LIMIT 1)",
     DifferenceKind::different, "accounts", "last_seen_at"},
    {"a claimed value",
     "UPDATE supplier SET code = code || 'x' WHERE id = (SELECT id FROM supplier JOIN ours USING "
     "(id) ORDER BY id LIMIT 1)",
     DifferenceKind::different, "suppliers", "code"},
    {"a missing row",
     "DELETE FROM price WHERE id = (SELECT id FROM price JOIN ours USING (id) ORDER BY id LIMIT 1)",
     DifferenceKind::missing, "prices", ""},
};

const char* const kHarmless[] = {
    "UPDATE account SET theme = 'dark'",                                  // the target's column
    "UPDATE account SET note = 'mine'",                                   // no column of the bridge
    "UPDATE account SET profile = profile || '{\"own\": 1}'",             // a key of the target's
    "UPDATE account SET last_seen_at = last_seen_at + interval '1 day'",  // at least
    "INSERT INTO location SELECT gen_random_uuid(), NULL, 'new', 'new', NULL, NULL, 'leaf', 1, "
    "true",
};

// Fills the target's table `ours`.
void note_ours(ShopBridge& shop) {
    shop.target("CREATE TABLE IF NOT EXISTS ours (id uuid); TRUNCATE ours");
    shop.state().scan(Family::derived, {}, {}, [&](std::string_view, std::string_view bytes) {
        const DerivedRecord record = DerivedRecord::decode(bytes);
        if (record.state == StoredState::applied)
            shop.target("INSERT INTO ours VALUES ('" + record.id.format() + "')");
        return true;
    });
}

std::string dump(ShopBridge& shop, const std::string& table) {
    return shop.target_value("SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM " + table +
                             " t");
}

}  // namespace

TEST_CASE("a target that is right has no difference, whatever its history", "[verify][postgres]") {
    std::vector<int> seeds{1, 40, 900};
    // CROSSFADE_VERIFY_SEEDS=n takes n others.
    if (const char* more = std::getenv("CROSSFADE_VERIFY_SEEDS")) {
        for (int n = std::atoi(more); n > 0; --n)
            seeds.push_back(1'000 + 10 * n);
    }
    for (const int seed : seeds) {
        INFO("seed " << seed);
        ShopBridge shop;
        live(shop, seed);
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.is_clean());
        CHECK(found.repairs.empty());
        CHECK(total(found, &EntityVerification::compared) > 20);
        CHECK(total(found, &EntityVerification::standing) > 0);
        CHECK(total(found, &EntityVerification::born) == 1);
        for (const EntityVerification& e : found.entities) {
            CHECK(e.pending == 0);
            CHECK(e.source ==
                  e.applied + e.merged + e.filtered + e.parked + e.rejected + e.pending);
        }
    }
}

TEST_CASE("every corruption of the target is found, and a repair fixes it", "[verify][postgres]") {
    ShopBridge shop;
    live(shop, 7);
    note_ours(shop);
    REQUIRE(shop.verify().is_clean());
    for (const Mutation& mutation : kMutations) {
        INFO(mutation.name);
        const std::string table =
            shop.program().entities[shop.program().find_entity(mutation.entity)].target.table;
        const std::string before = dump(shop, table);
        shop.target(mutation.sql);
        REQUIRE(dump(shop, table) != before);
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.differences == 1);
        CHECK(has(found, mutation.kind, mutation.entity, mutation.column));
        CHECK(found.repairs.size() == 1);
        shop.repair(found.repairs);
        const Verification after = shop.verify();
        INFO(report_text(after));
        CHECK(after.is_clean());
    }
}

TEST_CASE("what others own on the target is no difference", "[verify][postgres]") {
    ShopBridge shop;
    live(shop, 7);
    for (const char* sql : kHarmless) {
        INFO(sql);
        shop.target(sql);
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.is_clean());
    }
}

TEST_CASE("changes after the point are not seen, on either side", "[verify][postgres]") {
    ShopBridge shop;
    live(shop, 3);
    const Verification found = shop.verify([&] {
        shop.source("SELECT shop_change(77, 200)");
        shop.sync();
        shop.fill_deferred();
    });
    INFO(report_text(found));
    CHECK(found.is_clean());
    const Verification later = shop.verify();
    INFO(report_text(later));
    CHECK(later.is_clean());
}

TEST_CASE("an image that was lost, or never left, is found", "[verify][postgres]") {
    ShopBridge shop;
    live(shop, 5);
    const auto customer = shop.program().find_relation("customer");
    std::string key;
    std::string row;
    shop.state().scan(Family::images, keys::image_prefix(customer), {},
                      [&](std::string_view k, std::string_view v) {
                          key = k;
                          row = v;
                          return false;
                      });
    const auto store = [&](const std::optional<std::string>& value) {
        WriteSet set;
        if (value)
            set.put(Family::images, key, *value);
        else
            set.erase(Family::images, key);
        shop.state().write(set, true);
    };

    SECTION("lost") {
        store(std::nullopt);
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.differences == 1);
        CHECK(has(found, DifferenceKind::image, "public.customer"));
        REQUIRE(found.images.size() == 1);
        CHECK(found.images[0] == ImageRef{customer, key.substr(4)});
    }
    SECTION("old") {
        Row changed = decode_row(row);
        const auto& columns = shop.program().relations[customer].columns;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].name == "name") changed[i] = std::string{"Old name"};
        }
        store(encode_row(changed));
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.differences == 1);
        CHECK(has(found, DifferenceKind::image, "public.customer", "name"));
    }
}

TEST_CASE("a deletion that never arrived leaves an image and rows too many", "[verify][postgres]") {
    ShopBridge shop;
    live(shop, 5);
    shop.source("DELETE FROM delivery; DELETE FROM order_line; DELETE FROM orders");
    const Verification found = shop.verify();
    INFO(report_text(found));
    CHECK(has(found, DifferenceKind::image, "public.orders"));
    CHECK(has(found, DifferenceKind::extra, "purchases"));
    CHECK(has(found, DifferenceKind::state, "purchases", "state"));
    CHECK(has(found, DifferenceKind::account, "purchases", "source"));
    shop.sync();
    CHECK(shop.verify().is_clean());
}

TEST_CASE("secrets are compared by fingerprint, and their values withheld", "[verify][postgres]") {
    ShopBridge shop;
    live(shop, 7);
    shop.fill_deferred();
    REQUIRE(shop.verify().is_clean());
    // The password changes, and the change never reaches the bridge.
    shop.source(
        "UPDATE login SET password = 'bmV3IHNlY3JldA==' WHERE id = (SELECT l.id FROM login l "
        "WHERE password IS NOT NULL ORDER BY id LIMIT 1)");
    const Verification found = shop.verify();
    INFO(report_text(found));
    CHECK(has(found, DifferenceKind::image, "public.login", "password"));
    CHECK(has(found, DifferenceKind::different, "accounts", "password_hash"));
    for (const Difference& difference : found.kept) {
        CHECK(difference.secret);
        CHECK_FALSE(difference.expected);
        CHECK_FALSE(difference.found);
    }
    CHECK(report_json(found).find(R"("differences": )" + std::to_string(found.differences)) !=
          std::string::npos);
    CHECK(report_text(found).find("(withheld)") != std::string::npos);
    CHECK(report_json(found).find("bmV3") == std::string::npos);
    // Somebody who changes his password on the target keeps it.
    shop.sync();
    shop.fill_deferred();
    REQUIRE(shop.verify().is_clean());
    shop.target(
        "UPDATE account SET password_hash = 'his own' WHERE id = (SELECT min(id::text)::uuid "
        "FROM account)");
    const Verification own = shop.verify();
    CHECK(own.is_clean());
    CHECK(total(own, &EntityVerification::taken_over) >= 1);
}
