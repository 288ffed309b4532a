// A unique column of a target table that two entities fill: they share its values, whoever comes
// first.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string mapping(bool within, const std::string& order) {
    const auto entity = [&](const std::string& name, const std::string& table,
                            const std::string& letter) {
        return "  " + name + ":\n    target: public.users\n    root: {row: " + table +
               ", as: r}\n    id: \"'" + letter + "/' || r.id\"\n    columns:\n      old: \"'" +
               letter + "' || r.id\"\n      site: r.site\n      mail: {claim: r.mail" +
               (within ? ", within: [site]" : "") +
               (order.empty() ? "" : ", order: [" + order + "]") + ", else: \"'" + letter +
               "' || r.id || '@none'\"}\n";
    };
    return "entities:\n" + entity("teachers", "teacher", "t") + entity("students", "student", "s");
}

class Users {
public:
    explicit Users(bool within = false, const std::string& order = {})
        : road{
              "CREATE TABLE student (id bigint PRIMARY KEY, mail text, site int DEFAULT 1);"
              "CREATE TABLE teacher (id bigint PRIMARY KEY, mail text, site int DEFAULT 1);"
              "INSERT INTO student VALUES (1, 'a'), (2, 'b'), (3, 'c');"
              "INSERT INTO teacher VALUES (1, 'b'), (2, 'c'), (3, 'd')",
              std::string{"CREATE TABLE users (id uuid PRIMARY KEY, old text, site int, mail text, "
                          "UNIQUE (mail"} +
                  (within ? ", site" : "") + "))",
              mapping(within, order)} {
        road.start();
        road.settle();
    }
    std::string mails() const {
        return road.target_value(
            "SELECT string_agg(old || '=' || mail, ' ' ORDER BY old) FROM users");
    }
    std::string after(const std::string& sql) {
        road.source(sql);
        road.settle();
        CHECK(road.runs());
        CHECK(road.differences() == 0);
        return mails();
    }
    SmallRoad road;
};

}  // namespace

TEST_CASE("entities of one table share the values of a column that both claim",
          "[road][postgres]") {
    Users it;
    // Of two entities the first by name holds a value: students before teachers.
    CHECK(it.mails() == "s1=a s2=b s3=c t1=t1@none t2=t2@none t3=d");
    CHECK(it.road.differences() == 0);
    CHECK_THAT(it.road.command({"plan"}).output,
               ContainsSubstring("claims its values together with teachers"));
    SECTION("a value that one gives up goes to the other") {
        CHECK(it.after("UPDATE student SET mail = 'z' WHERE id = 2") ==
              "s1=a s2=z s3=c t1=b t2=t2@none t3=d");
        CHECK(it.after("DELETE FROM student WHERE id = 3") == "s1=a s2=z t1=b t2=c t3=d");
        CHECK(it.after("INSERT INTO student VALUES (9, 'd')") ==
              "s1=a s2=z s9=d t1=b t2=c t3=t3@none");
    }
    SECTION("two rows of two entities exchange their values in one transaction") {
        CHECK(it.after("UPDATE student SET mail = 'd' WHERE id = 1; "
                       "UPDATE teacher SET mail = 'a' WHERE id = 3") ==
              "s1=d s2=b s3=c t1=t1@none t2=t2@none t3=a");
    }
    SECTION("three in a ring, through both") {
        CHECK(it.after("UPDATE teacher SET mail = 'e' WHERE id = 2;"
                       "BEGIN; UPDATE student SET mail = 'e' WHERE id = 1;"
                       "UPDATE teacher SET mail = 'a' WHERE id = 3;"
                       "UPDATE teacher SET mail = 'd' WHERE id = 2; COMMIT") ==
              "s1=e s2=b s3=c t1=t1@none t2=d t3=a");
    }
    SECTION("another load comes to the same, and each value has its holder still") {
        it.road.source("UPDATE student SET mail = 'y' WHERE id = 1");
        it.road.settle();
        it.road.stop();
        CHECK(it.road.command({"drop", "--state", "--yes"}).status == 0);
        it.road.source("UPDATE student SET mail = 'd' WHERE id = 1");
        it.road.start();
        it.road.settle();
        CHECK(it.mails() == "s1=d s2=b s3=c t1=t1@none t2=t2@none t3=t3@none");
        CHECK(it.road.differences() == 0);
        CHECK(it.after("DELETE FROM student") == "t1=b t2=c t3=d");
    }
    SECTION("a row that was changed by hand gives up what is another entity's") {
        it.road.target(
            "UPDATE users SET mail = 'spare' WHERE old = 's2';"
            "UPDATE users SET mail = 'b' WHERE old = 't3'");
        CHECK(it.road.command({"verify", "--repair"}).status == 1);
        CHECK(it.mails() == "s1=a s2=b s3=c t1=t1@none t2=t2@none t3=d");
        CHECK(it.road.differences() == 0);
    }
}

TEST_CASE("values within another column are shared by entities too", "[road][postgres]") {
    Users it{true};
    CHECK(it.mails() == "s1=a s2=b s3=c t1=t1@none t2=t2@none t3=d");
    CHECK(it.after("UPDATE teacher SET site = 2 WHERE id < 3") == "s1=a s2=b s3=c t1=b t2=c t3=d");
    CHECK(it.after("UPDATE student SET site = 2 WHERE id = 3") ==
          "s1=a s2=b s3=c t1=b t2=t2@none t3=d");
}

TEST_CASE("the order of the claims comes before the name of the entity", "[road][postgres]") {
    Users it{false, "r.site"};
    CHECK(it.mails() == "s1=a s2=b s3=c t1=t1@none t2=t2@none t3=d");
    CHECK(it.after("UPDATE teacher SET site = 0 WHERE id = 2") ==
          "s1=a s2=b s3=s3@none t1=t1@none t2=c t3=d");
    CHECK(it.after("UPDATE student SET site = -1") == "s1=a s2=b s3=c t1=t1@none t2=t2@none t3=d");
}

TEST_CASE("a value born on the target is refused to both entities, and one takes it afterwards",
          "[road][postgres]") {
    Users it;
    it.road.target("INSERT INTO users VALUES (gen_random_uuid(), NULL, 1, 'new')");
    CHECK(
        it.after("INSERT INTO teacher VALUES (7, 'new'); INSERT INTO student VALUES (7, 'new')") ==
        "s1=a s2=b s3=c s7=s7@none t1=t1@none t2=t2@none t3=d t7=t7@none");
    it.road.target("DELETE FROM users WHERE old IS NULL");
    const CommandResult found = it.road.command({"verify", "--repair"});
    CHECK_THAT(found.output, ContainsSubstring("different students 7"));
    CHECK(it.mails() == "s1=a s2=b s3=c s7=new t1=t1@none t2=t2@none t3=d t7=t7@none");
    CHECK(it.road.differences() == 0);
}
