#include "transforms/mapping.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace crossfade;

namespace {

// A mapping with these lines (from line 4) as the entity `e`; complete but for what the test says.
std::string with_entity(const std::string& lines) {
    return "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n" + lines;
}

const std::string kEntity = "  e:\n    target: public.t\n    root: {row: r}\n    id: r.id\n";

Mapping read(const std::string& yaml) {
    Findings findings;
    std::optional<Mapping> mapping = parse_mapping(yaml, "m.yaml", findings);
    for (const Finding& finding : findings)
        UNSCOPED_INFO(finding.format());
    REQUIRE(mapping);
    REQUIRE(findings.empty());
    return *mapping;
}

EntitySpec entity(const std::string& lines) {
    return read(with_entity(kEntity + lines)).entities.at(0);
}

std::vector<std::string> findings_of(const std::string& yaml) {
    Findings findings;
    CHECK_FALSE(parse_mapping(yaml, "m.yaml", findings));
    std::vector<std::string> texts;
    for (const Finding& finding : findings)
        texts.push_back(finding.format());
    return texts;
}

std::string finding_of(const std::string& yaml) {
    const std::vector<std::string> texts = findings_of(yaml);
    for (const std::string& text : texts)
        UNSCOPED_INFO(text);
    REQUIRE(texts.size() == 1);
    return texts[0];
}

std::string finding_in(const std::string& lines) {
    return finding_of(with_entity(kEntity + "    columns: {c: a}\n" + lines));
}

std::string text_of(const ExprPtr& expr) { return expr ? to_text(*expr) : "-"; }

std::string file_text(const std::string& path) {
    std::ifstream stream{std::string{CROSSFADE_SOURCE_DIR} + "/" + path, std::ios::binary};
    REQUIRE(stream);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

const EntitySpec& named(const Mapping& mapping, const std::string& name) {
    const auto found = std::find_if(mapping.entities.begin(), mapping.entities.end(),
                                    [&](const EntitySpec& spec) { return spec.name == name; });
    REQUIRE(found != mapping.entities.end());
    return *found;
}

const ColumnSpec& column(const EntitySpec& spec, const std::string& name) {
    const auto found = std::find_if(spec.columns.begin(), spec.columns.end(),
                                    [&](const ColumnSpec& c) { return c.name == name; });
    REQUIRE(found != spec.columns.end());
    return *found;
}

}  // namespace

TEST_CASE("the mappings of this repository are read without a finding", "[mapping]") {
    for (const auto& folder : {"mappings", "tests/mappings"}) {
        for (const auto& file : std::filesystem::directory_iterator{
                 std::string{CROSSFADE_SOURCE_DIR} + "/" + folder}) {
            if (file.path().extension() != ".yaml") continue;
            Findings findings;
            const auto mapping = read_mapping(file.path(), findings);
            for (const Finding& finding : findings)
                UNSCOPED_INFO(finding.format());
            CHECK(mapping);
            CHECK(findings.empty());
        }
    }
}

TEST_CASE("the shop's mapping is read with every feature in its place", "[mapping]") {
    const Mapping shop = read(file_text("tests/mappings/shop.yaml"));
    CHECK(shop.name_space.format() == "7c9e6679-7425-40de-944b-e07fc1f90ae7");
    REQUIRE(shop.relations.size() == 4);
    CHECK(shop.relations[0].secret == std::vector<std::string>{"password"});
    CHECK(shop.relations[1].key == std::vector<std::string>{"warehouse_id", "product_id"});
    CHECK(shop.relations[3].schema == "archive");
    CHECK(shop.relations[3].scan);
    REQUIRE(shop.macros.size() == 4);
    CHECK(shop.macros[2].name == "names");
    CHECK(shop.macros[2].parameters == std::vector<std::string>{"local", "en", "fallback"});
    CHECK(shop.macros[2].body->kind == Expr::Kind::object);

    const EntitySpec& locations = named(shop, "locations");
    CHECK(locations.target_schema == "public");
    CHECK(locations.target_table == "location");
    CHECK(locations.parents[0].cycle == OnMissing::detach);
    CHECK(locations.parents[0].gone == OnGone::detach);
    CHECK(locations.keep_on_delete);
    REQUIRE(locations.keep_columns.size() == 2);
    CHECK(locations.keep_columns[0].second->value == Value{false});
    CHECK(locations.sets.size() == 2);
    CHECK(text_of(locations.sets[0].at[0]) == "w.id");

    const EntitySpec& accounts = named(shop, "accounts");
    CHECK(accounts.root.kind == Root::Kind::group);
    CHECK(text_of(accounts.adopt->to) == "'login/' || value");
    const ColumnSpec& username = column(accounts, "username");
    CHECK(username.kind == ColumnSpec::Kind::claim);
    CHECK(text_of(username.condition) == "length(value) >= 3");
    CHECK(username.shape == "(login|customer)_[0-9]+");
    CHECK(text_of(username.vacate) == "'~' || key");
    CHECK(is_null(column(accounts, "email").otherwise->value));
    CHECK(column(accounts, "email").owner == Owner::until_changed);
    CHECK(column(accounts, "password_hash").kind == ColumnSpec::Kind::deferred);
    CHECK(column(accounts, "password_hash").owner == Owner::until_changed);
    CHECK(column(accounts, "last_seen_at").owner == Owner::at_least);
    CHECK(column(accounts, "theme").owner == Owner::target);
    CHECK(column(accounts, "updated_at").owner == Owner::trigger);
    CHECK(column(accounts, "profile").kind == ColumnSpec::Kind::json);
    CHECK(column(accounts, "profile").json.size() == 4);
    CHECK(named(shop, "contacts").adopt->parent == "account_id");
    CHECK(named(shop, "contacts").stop_on_error);
    CHECK(text_of(named(shop, "contacts").parents[0].row) == "l");

    const ColumnSpec& code = column(named(shop, "suppliers"), "code");
    CHECK(code.within == std::vector<std::string>{"city"});
    REQUIRE(code.order.size() == 3);
    CHECK(code.order[0].descending);
    CHECK(column(named(shop, "customers"), "account_id").flag == "shared_account");
    CHECK(named(shop, "purchases").remove_on_park);
    CHECK(column(named(shop, "products"), "title").kind == ColumnSpec::Kind::value);
    CHECK(named(shop, "products").sets[1].members.slots.has_value());

    const EntitySpec& sales = named(shop, "sales");
    CHECK(sales.id_column == "sale_id");
    CHECK(sales.members_max == 10000);
    CHECK(sales.keep_if_changed);
    const Members& deliveries = sales.root.members.at(1);
    REQUIRE(deliveries.through.size() == 2);
    CHECK(text_of(deliveries.through[1].second) == "orders[x.order_id]");
    REQUIRE(deliveries.slots);
    CHECK(deliveries.slots->variable == "n");
    CHECK(deliveries.slots->values == std::vector<Value>{std::int64_t{1}, std::int64_t{2}});
    CHECK(text_of(deliveries.slots->names[0].per_value[1]) == "txt(day_2)");
    CHECK(text_of(deliveries.slots->filter[0]) == "amount is not null");
}

TEST_CASE("a column's form decides its kind", "[mapping]") {
    const EntitySpec spec = entity(
        "    columns:\n"
        "      plain: coalesce(a, 'x, y')\n"
        "      number: 1\n"
        "      nothing: null\n"
        "      full: {value: a, owner: at_least}\n"
        "      keys: {old_id: text(a), inner: {x: a, y: [b, 'c']}}\n"
        "      escaped: {json: {value: a, owner: b}}\n"
        "      named: {owner: a, shop: b}\n");
    CHECK(text_of(column(spec, "plain").value) == "coalesce(a, 'x, y')");
    CHECK(column(spec, "number").value->value == Value{std::int64_t{1}});
    CHECK(is_null(column(spec, "nothing").value->value));
    CHECK(column(spec, "full").owner == Owner::at_least);
    CHECK(column(spec, "keys").kind == ColumnSpec::Kind::json);
    CHECK(text_of(column(spec, "keys").json[1].second) == "{x: a, y: [b, c]}");
    CHECK(column(spec, "escaped").kind == ColumnSpec::Kind::json);
    CHECK(column(spec, "escaped").json[0].first == "value");
}

TEST_CASE("row roots, defaults and lists of one", "[mapping]") {
    const EntitySpec spec = entity(
        "    columns: {c: a}\n"
        "    sets: {one: {from: s, key: k, at: [r.id]}, two: {from: s, key: [k, l], at: [r.id, "
        "1]}}\n"
        "    parents: {p: {of: e, root: [r.a, r.b]}}\n");
    CHECK(spec.root.members.at(0).alias == "r");
    CHECK(spec.sets[1].members.key.size() == 2);
    CHECK(spec.parents[0].root.size() == 2);
    CHECK(spec.parents[0].missing == OnMissing::park);
    CHECK(spec.parents[0].gone == OnGone::remove);
    CHECK_FALSE(spec.keep_on_delete);
}

TEST_CASE("slots may be texts, and quoted numbers are texts", "[mapping]") {
    const Mapping mapping = read(with_entity(
        "  e:\n    target: t\n    id: r.id\n    columns: {c: a}\n"
        "    root: {row: r, slots: {day: [mon, \"2\", 3], hours: \"h_{day} + {day}\"}}\n"));
    const Slots& slots = *mapping.entities[0].root.members[0].slots;
    CHECK(slots.values ==
          std::vector<Value>{std::string{"mon"}, std::string{"2"}, std::int64_t{3}});
    CHECK(text_of(slots.names[0].per_value[0]) == "h_mon + mon");
    CHECK(slots.filter.empty());
}

TEST_CASE("findings stand at the character that is wrong, whatever the quoting", "[mapping]") {
    const auto place = [](const std::string& value) {
        return finding_of(with_entity(kEntity + "    columns:\n      c: " + value + "\n"));
    };
    CHECK(place("a == b") ==
          "m.yaml:9:12: entities.e.columns.c: unexpected '==': equality is written =");
    CHECK_THAT(place("\"a == b\""), Catch::Matchers::ContainsSubstring("m.yaml:9:13: "));
    CHECK_THAT(place("'''x'' == b'"), Catch::Matchers::ContainsSubstring("m.yaml:9:17: "));
    CHECK_THAT(place("\"'\\u0041\\\"' == b\""),
               Catch::Matchers::ContainsSubstring("m.yaml:9:22: "));
    CHECK_THAT(place("a ||\n         'ə' == b"),
               Catch::Matchers::ContainsSubstring("m.yaml:10:14: "));
    CHECK_THAT(place(">\n         a ||\n         b == c"),
               Catch::Matchers::ContainsSubstring("m.yaml:11:12: "));
    CHECK_THAT(place("|\n         a\n         == c"),
               Catch::Matchers::ContainsSubstring("m.yaml:11:10: "));
    CHECK_THAT(place("&anchor a == b"), Catch::Matchers::ContainsSubstring("m.yaml:9:20: "));
    CHECK_THAT(place("{ə: 1, x: \"a == b\"}"), Catch::Matchers::ContainsSubstring("m.yaml:9:23: "));
    const std::string slots = finding_of(
        with_entity("  e:\n    target: t\n    id: r.id\n    columns: {c: a}\n"
                    "    root: {row: r, slots: {n: [100, 200], x: \"col_{n} == 1\"}}\n"));
    CHECK_THAT(slots, Catch::Matchers::ContainsSubstring("m.yaml:8:55: "));
}

TEST_CASE("all findings come at once, in the order of the file", "[mapping]") {
    const std::vector<std::string> findings = findings_of(
        "version: 2\nnamespace: nothing\nrelations:\n  a: {scan: maybe, skan: true}\n"
        "functions:\n  broken: a\n  \"f(x, x)\": a\n  \"txt(x)\": a\nentities:\n"
        "  e:\n    target: a.b.c\n    rout: {row: r}\n    columns: {c: \"a +\", c: b}\n");
    const std::vector<std::string> expected{
        "m.yaml:1:10: version: a whole number from 1 to 1 is expected",
        "m.yaml:2:12: namespace: a UUID is expected: 8-4-4-4-12 hexadecimal digits",
        "m.yaml:4:13: relations.a.scan: true or false is expected",
        "m.yaml:4:20: relations.a.skan: unknown key 'skan'; known here: schema, table, key, "
        "secret, scan",
        "m.yaml:6:3: functions.broken: a function is declared as \"name(parameter, ...)\"",
        "m.yaml:7:3: functions.f(x, x): parameter 'x' stands here twice",
        "m.yaml:8:3: functions.txt(x): 'txt' is a function of the language; choose another name",
        "m.yaml:10:3: entities.e: 'id' is missing: the name whose UUID is the row's id",
        "m.yaml:11:13: entities.e.target: schema.table is expected",
        "m.yaml:12:5: entities.e.rout: unknown key 'rout': did you mean 'root'?",
        "m.yaml:13:22: entities.e.columns.c: the expression ends too early",
        "m.yaml:13:25: entities.e.columns.c: 'c' stands here twice; the first is in line 13"};
    CHECK(findings == expected);
}

TEST_CASE("duplicate keys are reported at every level", "[mapping]") {
    CHECK_THAT(
        finding_of("version: 1\nversion: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
                   "entities:\n" +
                   kEntity + "    columns: {c: a}\n"),
        Catch::Matchers::ContainsSubstring("m.yaml:2:1: version: 'version' stands here twice"));
    CHECK_THAT(finding_in("    id: r.x\n"),
               Catch::Matchers::ContainsSubstring("'id' stands here twice"));
    CHECK_THAT(finding_in("    let: {x: a, x: b}\n"),
               Catch::Matchers::ContainsSubstring("entities.e.let.x"));
    CHECK_THAT(finding_in("    parents: {p: {of: e, root: a, of: e}}\n"),
               Catch::Matchers::ContainsSubstring("entities.e.parents.p.of"));
    CHECK_THAT(finding_of(with_entity(kEntity + "    columns: {c: {x: a, x: b}}\n")),
               Catch::Matchers::ContainsSubstring("entities.e.columns.c.x"));
}

TEST_CASE("wrong words and kinds come with advice", "[mapping]") {
    const auto contains = [](const std::string& lines, const std::string& part) {
        INFO(lines);
        CHECK_THAT(finding_in(lines), Catch::Matchers::ContainsSubstring(part));
    };
    contains("    parents: {p: {of: e, root: a, gone: detatch}}\n",
             "not 'detatch': did you mean 'detach'?");
    contains("    parents: {p: {of: e}}\n", "'root' is missing");
    contains("    parents: {p: {of: e, root: a, row: b}}\n", "by root or by row, not by both");
    contains("    parents: {c: {of: e, root: a}}\n", "already written by a parent");
    contains("    on_delete: remove\n", "delete is expected");
    contains("    on_delete: {keep: {cc: null}}\n", "did you mean 'c'?");
    contains("    on_delete: {keep: {c: a}}\n", "a constant is expected");
    contains("    on_error: halt\n", "reject or stop is expected");
    contains("    members_max: 0\n", "a whole number from 1");
    contains("    adopt: {from: x}\n", "'to' is missing");
    contains("    adopt: {parent: p, from: x}\n", "takes no 'from'");
    contains("    exists:\n", "an expression is expected (NULL is written null)");
    contains("    let: {key: a}\n", "is a word of the language");
    contains("    let: {r: a}\n", "'r' is already the name of a member of the root");
    contains("    sets: {s: {from: t, key: [a, b], at: r.id}}\n",
             "differ in their number of parts");
    contains("    sets: {s: {from: t, key: a, at: r.id, slots: {x: a}}}\n",
             "slots need a variable");
    contains("    lookups: {x: a[r.b]}\n", "quoted as a whole");
}

TEST_CASE("an expression that its commas cut into pieces is explained", "[mapping]") {
    const std::vector<std::string> findings = findings_of(with_entity(
        kEntity + "    columns: {c: a}\n    parents: {p: {of: e, root: coalesce(a, b)}}\n"));
    REQUIRE(findings.size() == 2);
    CHECK_THAT(findings[0], Catch::Matchers::ContainsSubstring("')' is expected, not the end"));
    CHECK_THAT(findings[1],
               Catch::Matchers::ContainsSubstring(
                   "inside { } a comma ends a value, so quote an expression that holds one"));
}

TEST_CASE("columns and roots of a wrong form come with advice", "[mapping]") {
    const auto column_finding = [](const std::string& text) {
        return finding_of(with_entity(kEntity + "    columns: {c: " + text + "}\n"));
    };
    CHECK_THAT(column_finding("{vale: a, owner: bridge}"),
               Catch::Matchers::ContainsSubstring("unknown key 'vale': did you mean 'value'?"));
    CHECK_THAT(column_finding("{value: a, owner: brigde}"),
               Catch::Matchers::ContainsSubstring("did you mean 'bridge'?"));
    CHECK_THAT(column_finding("{value: a, claim: b}"),
               Catch::Matchers::ContainsSubstring("one of value, claim, deferred and json"));
    CHECK_THAT(column_finding("{claim: a, reserve: \"(\"}"),
               Catch::Matchers::ContainsSubstring("not a regular expression"));
    CHECK_THAT(column_finding("{claim: a, flag: No}"),
               Catch::Matchers::ContainsSubstring("a flag is a name"));
    CHECK_THAT(column_finding("{value: a, within: [b]}"),
               Catch::Matchers::ContainsSubstring("unknown key 'within'"));
    CHECK_THAT(column_finding("{deferred: a}"),
               Catch::Matchers::ContainsSubstring("'until' is missing"));
    CHECK_THAT(column_finding("[a, b]"),
               Catch::Matchers::ContainsSubstring("a json array is written as a text"));
    CHECK_THAT(column_finding("\"\""),
               Catch::Matchers::ContainsSubstring("an expression is expected"));
    const auto root_finding = [](const std::string& text) {
        return finding_of(with_entity(
            "  e:\n    target: t\n    id: a\n    columns: {c: a}\n    root: " + text + "\n"));
    };
    CHECK_THAT(root_finding("{row: a, group: {b: {from: c, key: d}}}"),
               Catch::Matchers::ContainsSubstring("not both"));
    CHECK_THAT(root_finding("{}"),
               Catch::Matchers::ContainsSubstring("a root is {row: relation} or"));
    CHECK_THAT(root_finding("orders"),
               Catch::Matchers::ContainsSubstring("a map with row or group"));
    CHECK_THAT(root_finding("{group: {a: {from: b}}}"),
               Catch::Matchers::ContainsSubstring("'key' is missing"));
    CHECK_THAT(root_finding("{group: {a: {from: b, key: c}, d: {from: e, key: [f, g]}}}"),
               Catch::Matchers::ContainsSubstring("its key has 2 parts, that of a has 1"));
    CHECK_THAT(root_finding("{row: a, slots: {n: [1, 1]}}"),
               Catch::Matchers::ContainsSubstring("this slot stands here twice"));
    CHECK_THAT(root_finding("{row: a, slots: {n: [1], m: [2]}}"),
               Catch::Matchers::ContainsSubstring("one variable"));
}

TEST_CASE("what is not a mapping at all is one finding", "[mapping]") {
    CHECK_THAT(finding_of(""), Catch::Matchers::ContainsSubstring("the file is empty"));
    CHECK_THAT(finding_of("- a\n- b\n"), Catch::Matchers::ContainsSubstring("a map with version"));
    CHECK_THAT(finding_of("a: [1\n"), Catch::Matchers::ContainsSubstring("not readable as YAML"));
    CHECK_THAT(finding_of("a: 1\n---\nb: 2\n"),
               Catch::Matchers::ContainsSubstring("more than one document"));
    CHECK_THAT(finding_of("version: 1\nx: \xFF\n"),
               Catch::Matchers::ContainsSubstring("m.yaml:2:4: the file is not UTF-8"));
    CHECK_THAT(finding_of(with_entity(kEntity + "    columns: {c: {d: " + std::string(3000, '[') +
                                      "}}\n")),
               Catch::Matchers::ContainsSubstring("m.yaml:"));
    Findings missing;
    CHECK_FALSE(read_mapping("/nowhere/at/all.yaml", missing));
    CHECK(missing.size() == 1);
}

TEST_CASE("a byte order mark and Windows line ends change nothing", "[mapping]") {
    std::string text = with_entity(kEntity + "    columns:\n      c: a == b\n");
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) {
        text.replace(at, 1, "\r\n");
    }
    CHECK_THAT(finding_of("\xEF\xBB\xBF" + text),
               Catch::Matchers::ContainsSubstring("m.yaml:9:12: "));
}

TEST_CASE("a damaged mapping is findings, never a crash", "[mapping]") {
    const std::string shop = file_text("tests/mappings/shop.yaml");
    std::mt19937 random{7};
    int refused = 0;
    for (int round = 0; round < 300; ++round) {
        std::string text = shop;
        for (unsigned i = 0; i <= random() % 3; ++i) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0: text.erase(at, 1 + random() % 20); break;
                case 1: text[at] = static_cast<char>(random() & 0x7F); break;
                case 2: text.insert(at, text.substr(random() % text.size(), random() % 40)); break;
                default: text.insert(at, 1, "{}[]:,'\"&*!|>%#-?\n"[random() % 18]); break;
            }
        }
        Findings findings;
        const auto mapping = parse_mapping(text, "m.yaml", findings);
        REQUIRE(mapping.has_value() == findings.empty());
        for (const Finding& finding : findings)
            REQUIRE(finding.where.line > 0);
        refused += mapping ? 0 : 1;
    }
    CHECK(refused > 100);
}
