#include "service/status.hpp"

#include "pipeline/batch.hpp"
#include "pipeline/stager.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {
Program two_entities() {
    Program program;
    program.entities.resize(2);
    program.entities[0].name = "users";
    program.entities[1].name = "orders";
    return program;
}

void put_counter(WriteSet& set, EntityIndex entity, const char* what, int value) {
    set.put(Family::meta, keys::counter(entity, what), std::to_string(value));
}
}  // namespace

TEST_CASE("the status is printed as the design names it", "[cli]") {
    Status status;
    status.phase = "streaming";
    status.applied = EndLsn{Lsn{0x1'0000'0010}};
    status.settled = EndLsn{Lsn{0x1'0000'0000}};
    set_source_position(status, Lsn{0x1'0000'0110});
    status.lag_seconds = 1.25;
    status.work = 3;
    status.deferred = 7;
    status.entities.push_back({"users", 10, 4, 2, 1, 1, 1});
    CHECK(to_json(status) ==
          "{\"work\": 3, \"phase\": \"streaming\", \"since\": null, \"waits\": [], \"deferred\": "
          "7, \"entities\": {\"users\": "
          "{\"merged\": 2, \"parked\": 1, \"source\": 10, \"applied\": 4, \"pending\": 1, "
          "\"filtered\": 1, \"rejected\": 1}}, \"lag_bytes\": 256, \"open_work\": [], "
          "\"source_lsn\": \"1/110\", \"applied_lsn\": \"1/10\", \"lag_seconds\": 1.250, "
          "\"settled_lsn\": "
          "\"1/0\", \"lag_transactions\": null}");
}

TEST_CASE("a status reads back as it was", "[cli]") {
    Status status;
    status.phase = "target_down";
    status.since = "2024-05-01T12:00:00Z";
    status.waits = {"target: \"crossfade\" waits", "and waits"};
    status.applied = EndLsn{Lsn{77}};
    status.entities.push_back({"a \"b\"", 5, 1, 1, 1, 1, 1});
    status.open_work.push_back({"country ['a', \"]}\"]", "", 12, 0.5});
    status.open_work.push_back({"initial load", "users", 0, std::nullopt});
    CHECK(to_json(parse_status(to_json(status))) == to_json(status));
    CHECK(parse_status(to_json(status)).open_work == status.open_work);
    set_source_position(status, Lsn{99});
    status.lag_transactions = 4;
    CHECK(to_json(parse_status(to_json(status))) == to_json(status));
    CHECK_THROWS_AS(parse_status("{}"), Failure);
    CHECK_THROWS_AS(parse_status("nothing"), Failure);
}

TEST_CASE("nothing lags once the source's position is applied", "[cli]") {
    Status status;
    status.applied = EndLsn{Lsn{100}};
    set_source_position(status, Lsn{100});
    CHECK(status.lag_bytes == 0U);
    CHECK(status.lag_seconds == 0.0);
    set_source_position(status, Lsn{90});
    CHECK(status.lag_bytes == 0U);
}

TEST_CASE("the state's own account is read from its counters", "[cli]") {
    const Program program = two_entities();
    MemoryStore store;
    CHECK(read_status(program, store).phase == "new");
    CHECK(read_status(program, store).entities.size() == 2);

    WriteSet set;
    put_counter(set, 0, "source", 9);
    put_counter(set, 0, "applied", 3);
    put_counter(set, 0, "merged", 2);
    put_counter(set, 1, "source", 5);
    put_counter(set, 1, "filtered", 1);
    put_counter(set, 1, "parked", 1);
    put_counter(set, 1, "rejected", 3);
    write_position(set, {2, EndLsn{Lsn{500}}, {}, 0});
    store.write(set, true);
    Status status = read_status(program, store);
    CHECK(status.phase == "halted");
    CHECK(status.applied.lsn == Lsn{500});
    CHECK(status.settled.lsn == Lsn{500});
    CHECK(status.entities[0].pending() == 4);
    CHECK(status.entities[1].pending() == 0);
    CHECK(status.entities[1].rejected == 3);
    CHECK(status.work == 0);

    WriteSet work;
    enqueue_root(store, work, {0, encode_key(Value{std::int64_t{1}})}, Lsn{400});
    store.write(work, true);
    status = read_status(program, store);
    CHECK(status.work == 1);
    CHECK(status.settled.lsn == Lsn{399});
}

TEST_CASE("the text of a status shows every entity and what is unknown", "[cli]") {
    Status status;
    status.entities.push_back({"users", 10, 4, 2, 1, 1, 1});
    const std::string text = to_text(status);
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("phase     new"));
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("? bytes"));
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("users"));
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("pending"));
}
