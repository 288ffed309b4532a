#include "postgres/sqlstate.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

TEST_CASE("errors that pass are retried", "[codec]") {
    for (const char* state : {"", "08006", "53300", "57P01", "57P05", "25006", "58030"}) {
        INFO(state);
        CHECK(classify(state) == ErrorKind::unavailable);
    }
    for (const char* state : {"40001", "40P01", "55P03", "57014", "25P03", "55006"}) {
        INFO(state);
        CHECK(classify(state) == ErrorKind::conflict);
    }
}

TEST_CASE("errors of data go to quarantine", "[codec]") {
    for (const char* state : {"22001", "22003", "22008", "22021", "22P02", "22P05", "23502",
                              "23505", "23514", "23P01", "23503", "P0001", "54000"}) {
        INFO(state);
        CHECK(next_step(classify(state)) == NextStep::quarantine);
    }
}

TEST_CASE("errors that waiting does not cure halt", "[codec]") {
    for (const char* state : {"42P01", "42703", "42P10", "42501", "42804", "428C9", "21000",
                              "22023", "55000", "42704", "28P01", "3D000", "XX000", "XX001"}) {
        INFO(state);
        CHECK(next_step(classify(state)) == NextStep::halt);
    }
    CHECK(classify("55000") == ErrorKind::trust);
}
