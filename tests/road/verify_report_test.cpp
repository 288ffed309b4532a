// What verify tells an operator: rows that are not the bridge's, what a finding means, and what a
// repair cannot do.
#include "model/key.hpp"
#include "state/keys.hpp"
#include "state/rocks_store.hpp"
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// t(id, v) -> t(id, v), with the rows 1 and 2, loaded.
class Loaded {
public:
    Loaded() {
        std::ofstream{mapping_}
            << "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n"
               "  t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", columns: {v: t.v}}\n"
               "  u: {target: public.t, root: {row: u}, id: \"'u/' || u.id\", columns: {v: u.v}}\n";
        road_.source("CREATE TABLE t (id bigint PRIMARY KEY, v text)");
        road_.source("CREATE TABLE u (id bigint PRIMARY KEY, v text)");
        road_.source("INSERT INTO t VALUES (1, 'one'), (2, 'two')");
        road_.target("CREATE TABLE t (id uuid PRIMARY KEY, v text)");
        road_.start();
        road_.settle();
    }
    EndToEnd& road() { return road_; }
    // Of the table t.
    void lose_image(std::int64_t id) {
        road_.stop();
        {
            const auto state = RocksStore::open(road_.folder() / "state");
            WriteSet set;
            set.erase(Family::images, keys::image(0, encode_key(Value{id})));
            state->write(set, true);
        }
        road_.start();
        road_.settle();  // a service that has only begun to answer cannot be held yet
    }
    CommandResult verify(const std::vector<std::string>& flags) {
        std::vector<std::string> arguments{"verify"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        return road_.command(arguments);
    }

private:
    TemporaryDirectory folder_;
    std::string mapping_ = (folder_ / "mapping.yaml").string();
    EndToEnd road_{{{"mapping", mapping_}}};
};

}  // namespace

TEST_CASE("verify lists the rows that are not the bridge's, each once, if it is asked to",
          "[road][postgres]") {
    Loaded loaded;
    const std::string id = "00000000-0000-4000-8000-000000000001";
    loaded.road().target("INSERT INTO t VALUES ('" + id + "', 'born here')");
    CHECK_THAT(loaded.verify({}).output, !ContainsSubstring(id));
    const CommandResult listed = loaded.verify({"--born"});
    CHECK(listed.status == 0);
    const std::string line = "born t id " + id + "\n";
    CHECK_THAT(listed.output, ContainsSubstring(line));
    CHECK_THAT(listed.output, !ContainsSubstring("born u id"));
    CHECK_THAT(loaded.verify({"--born", "--json"}).output,
               ContainsSubstring("\"born_rows\": [{\"id\": \"" + id +
                                 "\", \"entity\": \"t\", "
                                 "\"unknown\": false}]"));
}

TEST_CASE("verify says what a finding means and what repairs it", "[road][postgres]") {
    Loaded loaded;
    loaded.road().target("UPDATE t SET v = 'other' WHERE v = 'one'");
    loaded.road().target("DELETE FROM t WHERE v = 'two'");
    const CommandResult found = loaded.verify({"--repair"});
    CHECK(found.status == 1);
    CHECK_THAT(found.output, ContainsSubstring("different: a column is not what the source gives"));
    CHECK_THAT(found.output, ContainsSubstring("missing: the source gives a row"));
    CHECK_THAT(found.output, !ContainsSubstring("image: "));
    CHECK_THAT(found.output, ContainsSubstring("repaired 2 roots"));
    CHECK(loaded.verify({}).status == 0);
}

TEST_CASE("a repair names the images that it cannot repair", "[road][postgres]") {
    Loaded loaded;
    loaded.lose_image(1);
    loaded.lose_image(2);
    const CommandResult found = loaded.verify({"--repair"});
    CHECK(found.status == 1);
    CHECK_THAT(found.output, ContainsSubstring("--repair cannot read it again"));
    CHECK_THAT(found.output, ContainsSubstring("could not repair: image public.t 1"));
    CHECK_THAT(found.output, ContainsSubstring("could not repair: image public.t 2"));
    CHECK_THAT(found.output, !ContainsSubstring("repaired"));
}
