#include "config/conninfo.hpp"
#include "config/quantity.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace std::chrono_literals;
using Parameters = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("connection strings are read as libpq reads them", "[config]") {
    CHECK(parse_conninfo("host=a port = 5432  dbname='my \\'db\\''") ==
          Parameters{{"host", "a"}, {"port", "5432"}, {"dbname", "my 'db'"}});
    CHECK(parse_conninfo("user=a\\ b password=") == Parameters{{"user", "a b"}, {"password", ""}});
    CHECK(parse_conninfo("") == Parameters{});
    CHECK_FALSE(parse_conninfo("host"));
    CHECK_FALSE(parse_conninfo("dbname='open"));
    CHECK_FALSE(parse_conninfo("= a"));
    CHECK(parse_conninfo("postgres://u:p@h:5433/d?sslmode=require&password=q") ==
          Parameters{{"user", "u"},
                     {"password", "p"},
                     {"host", "h:5433"},
                     {"sslmode", "require"},
                     {"password", "q"}});
    CHECK(parse_conninfo("postgresql:///d?host=/run") ==
          Parameters{{"host", ""}, {"host", "/run"}});
    CHECK(parse_conninfo("postgresql://h?application_name=a@b:c") ==
          Parameters{{"host", "h"}, {"application_name", "a@b:c"}});
}

TEST_CASE("a password is found wherever it may stand", "[config]") {
    CHECK(holds_password("host=a password=x"));
    CHECK(holds_password("sslpassword='x'"));
    CHECK(holds_password("postgresql://u:p@h/d"));
    CHECK(holds_password("postgresql://h/d?password=x"));
    CHECK_FALSE(holds_password("host=a passfile=/x application_name='password=x'"));
    CHECK_FALSE(holds_password("postgresql://u@h/d"));
    CHECK_FALSE(holds_password("host=a password=''"));
}

TEST_CASE("sizes and times carry units", "[config]") {
    CHECK(parse_bytes("100") == 100);
    CHECK(parse_bytes("64kB") == 65536);
    CHECK(parse_bytes("2 GB") == 2ULL << 30U);
    CHECK_FALSE(parse_bytes("2gb"));
    CHECK_FALSE(parse_bytes("-1"));
    CHECK_FALSE(parse_bytes("99999999999GB"));
    CHECK(parse_duration("0") == 0ms);
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("5min") == 5min);
    CHECK_FALSE(parse_duration("5"));
    CHECK_FALSE(parse_duration("1.5s"));
    CHECK(parse_count("7") == 7);
    CHECK_FALSE(parse_count("7 "));
    CHECK_FALSE(parse_count(""));
}
