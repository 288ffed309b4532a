// A mapping that changes between two runs of the service: what the state knows goes on under other
// numbers, what it cannot know is refused, and nothing is read as something else.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string shop_mapping() {
    return text_of(std::filesystem::path{CROSSFADE_SOURCE_DIR} / "tests/mappings/shop.yaml");
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t place = text.find(from);
    if (place == std::string::npos) throw std::runtime_error{"the mapping has no \"" + from + "\""};
    return text.replace(place, from.size(), to);
}

// The text of an entity, from its name to the next one's blank line.
std::string entity(const std::string& mapping, const std::string& name) {
    const std::size_t begin = mapping.find("\n  " + name + ":\n");
    if (begin == std::string::npos) throw std::runtime_error{"the mapping has no " + name};
    std::size_t end = mapping.find("\n\n", begin + 1);
    if (end == std::string::npos) end = mapping.size();
    return mapping.substr(begin, end - begin);
}

// The same mapping with entities, columns and parents in another order.
std::string reordered(const std::string& mapping) {
    std::string text = mapping;
    for (const char* name : {"suppliers", "sales", "accounts"}) {
        const std::string moved = entity(text, name);
        text = replaced(text, moved, "");
        text = replaced(text, "\nentities:\n", "\nentities:\n" + moved + "\n");
    }
    const std::string title = "      title: names(p.title, p.title_en, 'Product ' || p.id)";
    const std::string weight = "      weight: round(p.weight, 3)\n";
    text = replaced(text, weight, "");
    text = replaced(text, title, weight + title);
    const std::string location =
        "      location_id: {of: locations, root: o.warehouse_id, missing: detach, gone: detach}\n";
    const std::string customer = "      customer_id: {of: customers, root: o.customer_id";
    text = replaced(text, location, "");
    return replaced(text, customer, location + customer);
}

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream{file} << text;
}

constexpr const char* kSince = "      since: local_date(c.created, 'Europe/Berlin')\n";

}  // namespace

TEST_CASE("the state goes on under a mapping in another order, with columns less and one more",
          "[road][postgres]") {
    const TemporaryDirectory folder;
    const auto mapping = folder / "mapping.yaml";
    write(mapping, replaced(shop_mapping(), kSince, ""));
    EndToEnd road{{{"mapping", mapping.string()}, {"work.chunk_roots", "4"}}};
    road.target("ALTER TABLE purchase_line ALTER in_main_stock SET DEFAULT 0");
    road.change(31, 80, 6);
    road.start();
    road.settle();
    REQUIRE(road.target_value("SELECT count(*) FROM customer WHERE since IS NOT NULL") == "0");
    road.stop();

    // Changes of all kinds meanwhile; the queue holds work when the mapping changes.
    road.change(32, 60, 6);
    road.start_armed("after_settle:3");
    REQUIRE(road.wait_for_end() == kKilled);
    std::string other = reordered(shop_mapping());
    other =
        replaced(other, "      in_main_stock: coalesce(stock[1, i.product_id].amount, 0)\n", "");
    other = replaced(other,
                     "      phone: first(persons, txt(phone), if txt(phone) is not null, order "
                     "flag(active) desc, id)\n",
                     "");
    write(mapping, other);
    CHECK_THAT(road.command({"verify"}).output, ContainsSubstring("restart `crossfade run`"));
    road.start();
    road.settle();
    CHECK(road.differences() == 0);
    CHECK(road.target_value("SELECT count(*) FROM customer WHERE since IS NOT NULL") != "0");
    for (int round = 0; round < 3; ++round) {
        road.change(1'100 + round, 60, 6);
        road.settle();
        CHECK(road.differences() == 0);
    }
    road.stop();

    // Back in the old order: the numbers are the same still.
    write(mapping, shop_mapping());
    road.start_armed("");
    CHECK(road.wait_for_end() != 0);
    CHECK_THAT(road.log_end(), ContainsSubstring("new: "));
    other = replaced(shop_mapping(),
                     "      in_main_stock: coalesce(stock[1, i.product_id].amount, 0)\n", "");
    other = replaced(other,
                     "      phone: first(persons, txt(phone), if txt(phone) is not null, order "
                     "flag(active) desc, id)\n",
                     "");
    write(mapping, other);
    road.start();
    road.change(1'200, 60, 6);
    road.settle();
    CHECK(road.differences() == 0);
    road.stop();
}
