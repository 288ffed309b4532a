// Keys that PostgreSQL holds equal although they are not written alike: a child finds its parent as
// the source's foreign key does. docs/mapping.md says which are refused.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kTop =
    "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n";

constexpr const char* kParentAndChild = R"yaml(
  p: {target: public.p, root: {row: p}, id: "'p/' || p.k", columns: {v: p.v}}
  c:
    target: public.c
    root: {row: c}
    id: "'c/' || c.id"
    parents: {pid: {of: p, root: c.pk, missing: park}}
    columns: {pv: "p[c.pk].v", siblings: count(all_of_it)}
    sets: {all_of_it: {from: c, key: pk, at: c.pk}}
)yaml";

class Keys {
public:
    explicit Keys(const std::string& entities) { std::ofstream{mapping_} << kTop << entities; }
    EndToEnd& road() { return road_; }

    // p(k) and its child c(pk), the child's key written in another way.
    void make(const std::string& parent_type, const std::string& child_type) {
        road_.source("CREATE TABLE p (k " + parent_type + " PRIMARY KEY, v text)");
        road_.source("CREATE TABLE c (id bigint PRIMARY KEY, pk " + child_type +
                     " REFERENCES p ON UPDATE CASCADE)");
        road_.target("CREATE TABLE p (id uuid PRIMARY KEY, v text)");
        road_.target(
            "CREATE TABLE c (id uuid PRIMARY KEY, pid uuid REFERENCES p, pv text, siblings int)");
    }
    std::string joined() {
        return road_.target_value(
            "SELECT string_agg(pv || siblings || (pid IS NOT NULL)::text, ' ' ORDER BY pv) FROM c");
    }

private:
    TemporaryDirectory folder_;
    std::string mapping_ = (folder_ / "mapping.yaml").string();
    EndToEnd road_{{{"mapping", mapping_}}};
};

}  // namespace

TEST_CASE("a child finds its parent by a key that is equal and written otherwise",
          "[road][postgres]") {
    struct Example {
        const char *parent_type, *parent, *child_type, *child, *other_child;
    };
    const auto example = GENERATE(Example{"char(4)", "'ab'", "char(8)", "'ab '", "'ab'"},
                                  Example{"char(4)", "'ab'", "varchar(8)", "'ab'", "'ab'"},
                                  Example{"numeric", "1.50", "numeric(9,4)", "1.5", "1.5000"},
                                  Example{"float8", "0", "float8", "'-0'", "0"},
                                  Example{"timestamptz", "'2024-02-29 12:00+02'", "timestamptz",
                                          "'2024-02-29 10:00Z'", "'2024-02-29 05:00-05'"});
    CAPTURE(example.parent_type, example.child_type);
    Keys keys{kParentAndChild};
    keys.make(example.parent_type, example.child_type);
    EndToEnd& road = keys.road();
    const std::string insert = "INSERT INTO c VALUES ";
    road.source("INSERT INTO p VALUES (" + std::string{example.parent} + ", 'one')");
    road.source(insert + "(1, " + example.child + ")");
    road.start();
    road.settle();
    CHECK(keys.joined() == "one1true");
    road.source(insert + "(2, " + example.other_child + ")");
    road.source("UPDATE p SET v = 'two'");
    road.settle();
    CHECK(keys.joined() == "two2true two2true");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("a key that changes only in how it is written keeps its row", "[road][postgres]") {
    struct Example {
        const char *type, *before, *after;
    };
    const auto example =
        GENERATE(Example{"numeric", "1.0", "1.000"}, Example{"numeric", "10", "1e1"},
                 Example{"float8", "0", "'-0'"}, Example{"char(3)", "'a'", "'a '"});
    CAPTURE(example.type);
    Keys keys{R"yaml(
  p: {target: public.p, root: {row: p}, id: "'p/' || p.k", columns: {v: p.v}}
)yaml"};
    EndToEnd& road = keys.road();
    road.source("CREATE TABLE p (k " + std::string{example.type} + " PRIMARY KEY, v text)");
    road.target("CREATE TABLE p (id uuid PRIMARY KEY, v text)");
    road.source("INSERT INTO p VALUES (" + std::string{example.before} + ", 'a')");
    road.start();
    road.settle();
    const std::string id = road.target_value("SELECT id FROM p");
    road.source("UPDATE p SET v = 'b', k = " + std::string{example.after});
    road.settle();
    CHECK(road.target_value("SELECT string_agg(id || v, ' ') FROM p") == id + "b");
    CHECK(road.differences() == 0);
    road.stop();
}
