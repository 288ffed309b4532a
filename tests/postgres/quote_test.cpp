#include "postgres/quote.hpp"

#include "postgres/connection.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;

TEST_CASE("identifiers and literals are quoted", "[codec]") {
    CHECK(quote_identifier("a\"b") == "\"a\"\"b\"");
    CHECK(quote_table("public", "t") == "\"public\".\"t\"");
    CHECK(quote_literal("it's") == "'it''s'");
    CHECK(quote_literal("a\\'") == "E'a\\\\'''");
    const std::vector<std::string> names{"a", "b"};
    CHECK(quote_identifiers(names) == "\"a\", \"b\"");
    CHECK(quote_conninfo("o'\\") == "'o\\'\\\\'");
}

TEST_CASE("quoted literals read back on the server", "[postgres]") {
    auto connection = Connection::open({test::Cluster::shared().conninfo(), "test", "source"});
    for (const std::string text :
         {"plain", "it's", "back\\slash", "\\'; DROP", "E'", "$$", "\n\t"}) {
        CHECK(connection.exec("SELECT " + quote_literal(text)).text(0, 0) == text);
        CHECK(PQfname(connection.exec("SELECT 1 AS " + quote_identifier(text)).raw(), 0) == text);
    }
}
