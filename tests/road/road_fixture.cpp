#include "tests/road/road_fixture.hpp"

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <sstream>

namespace crossfade::test {

namespace {

const std::filesystem::path kShop =
    std::filesystem::path{CROSSFADE_SOURCE_DIR} / "tests/mappings/shop";

struct TargetTable {
    const char* name;
    const char* id;
};
constexpr TargetTable kTargetTables[] = {
    {"location", "id"},      {"account", "id"},  {"contact", "id"},  {"supplier", "id"},
    {"product", "id"},       {"price", "id"},    {"customer", "id"}, {"purchase", "id"},
    {"purchase_line", "id"}, {"sale", "sale_id"}};

constexpr const char* kSourceTables[] = {
    "country", "archive.country_old", "warehouse", "login", "customer", "supplier", "product",
    "orders",  "order_line",          "delivery",  "stock"};

}  // namespace

ShopServers& ShopServers::shared() {
    static ShopServers servers;
    return servers;
}

ShopServers::ShopServers() {
    source.execute("postgres", "CREATE DATABASE shop_source");
    source.execute("shop_source", text_of(kShop / "source.sql"));
    source.execute("shop_source", text_of(kShop / "change.sql"));
    target.execute("postgres", "CREATE DATABASE shop_target");
    target.execute("shop_target", text_of(kShop / "target.sql"));
}

EndToEnd::EndToEnd(const Settings& settings, const std::filesystem::path& key_file)
    : Bridge{{ShopServers::shared().source, "shop_source", ShopServers::shared().target,
              "shop_target", kShop.parent_path() / "shop.yaml"},
             settings,
             key_file} {}

void EndToEnd::change(int seed, int transactions, int changes_max) const {
    static const char* const offset = std::getenv("ROAD_TEST_SEED");
    seed += offset == nullptr ? 0 : std::atoi(offset);
    source("CALL shop_run(" + std::to_string(seed) + ", " + std::to_string(transactions) + ", " +
           std::to_string(changes_max) + ")");
}

std::vector<std::string> EndToEnd::content(int seed) const {
    std::string rows;
    for (const std::string table : kSourceTables) {
        rows += (rows.empty() ? "" : " UNION ALL ") +
                ("SELECT format('INSERT INTO " + table + " SELECT (%L::" + table +
                 ").*', x::text) FROM " + table + " AS x");
    }
    const std::string all =
        source_value("SELECT string_agg(row, E'\\x01' ORDER BY md5(row || " + std::to_string(seed) +
                     ")) FROM (" + rows + ") AS r (row)");
    std::vector<std::string> statements;
    std::istringstream parts{all};
    for (std::string part; std::getline(parts, part, '\x01');)
        statements.push_back(part);
    return statements;
}

Status EndToEnd::status() const { return parse_status(status_json()); }

std::string EndToEnd::dump() const {
    std::string text;
    for (const TargetTable& table : kTargetTables) {
        text += target_value("SELECT coalesce(string_agg('" + std::string{table.name} +
                             " ' || (to_jsonb(t) - 'updated_at')::text || E'\\n', '' ORDER BY " +
                             table.id + "), '') FROM " + table.name + " AS t");
    }
    return text;
}

std::string EndToEnd::row_versions() const {
    std::string text;
    for (const TargetTable& table : kTargetTables) {
        text += target_value("SELECT coalesce(string_agg(t." + std::string{table.id} +
                             " || ' ' || xmin || ' ' || ctid || E'\\n', '' ORDER BY " + table.id +
                             "), '') FROM " + table.name + " AS t");
    }
    return text;
}

std::string EndToEnd::useless_updates() const {
    return target_value(
        "SELECT coalesce(string_agg(table_name || ' ' || row::text, E'\\n'), '') FROM "
        "useless_update");
}

void check_agreement(const EndToEnd& road) {
    CHECK(road.differences() == 0);
    CHECK(road.useless_updates() == "");
    for (const EntityAccount& entity : road.status().entities) {
        INFO("entity " << entity.name);
        CHECK(entity.pending() == 0);
    }
}

}  // namespace crossfade::test
