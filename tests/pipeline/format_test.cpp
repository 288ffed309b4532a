// What the road keeps of its own in Family::meta, in the form in which it is stored.
#include "state/format.hpp"
#include "pipeline/position.hpp"
#include "pipeline/state_view.hpp"
#include "pipeline/work_queue.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "tests/support/catch.hpp"

#include "model/encoding.hpp"

using namespace crossfade;

TEST_CASE("a stored position and a stored adoption read back into what they were made of",
          "[pipeline]") {
    INFO("If this fails you changed a format: raise kStateFormat (state/format.hpp)");
    REQUIRE(kStateFormat == 5);
    const Position position{300, EndLsn{Lsn{0x10}}, CommitLsn{Lsn{0x20}}, 5};
    MemoryStore store;
    WriteSet set;
    write_position(set, position);
    const AdoptedRow row{Uuid::parse("7c9e6679-7425-40de-944b-e07fc1f90ae7").value(), {1, 200}};
    set.put(Family::meta, keys::adopted(2, row.id), encode_adopted(row));
    store.write(set, true);
    CHECK(to_hex(*store.get(Family::meta, keys::kPosition)) == "ac02102005");
    CHECK(read_position(store) == position);
    CHECK(to_hex(*store.get(Family::meta, keys::adopted(2, row.id))) ==
          "7c9e6679742540de944be07fc1f90ae701c801");
    const Program program;
    CHECK(StateView{program, store}.adopted(2, row.id) == row);
}

TEST_CASE("stored work stands in the queue of its kind, and what was taken off is before the front",
          "[pipeline]") {
    INFO("If this fails you changed a format: raise kStateFormat (state/format.hpp)");
    REQUIRE(kStateFormat == 5);
    const std::pair<WorkItem::Kind, std::string> kinds[] = {
        {WorkItem::Kind::expand, "00"},   {WorkItem::Kind::load, "00"},
        {WorkItem::Kind::root, "01"},     {WorkItem::Kind::outcome, "00"},
        {WorkItem::Kind::deferred, "02"}, {WorkItem::Kind::again, "00"},
        {WorkItem::Kind::reindex, "00"}};
    std::string number = "00";
    for (const auto& [kind, queue] : kinds) {
        MemoryStore store;
        WriteSet put;
        WorkItem item;
        item.kind = kind;
        put_work(store, put, item, Lsn{0x10});
        store.write(put, true);
        const std::string place = queue + "0000000000000010" + "0000000000000001";
        CHECK(to_hex(put.entries(Family::work).begin()->first) == place);
        CHECK(to_hex(*put.entries(Family::work).begin()->second) == "01" + number + "000000000000");
        CHECK(first_work(store, queue_of(kind))->encode() == item.encode());
        Overlay staged{store};
        remove_work(staged, item);
        store.write(staged.staged(), true);
        const auto front =
            store.get(Family::meta, keys::work_front(static_cast<std::uint8_t>(queue_of(kind))));
        CHECK(to_hex(*front) == place + "00");
        ++number.back();
    }
}
