#include "state/memory_store.hpp"
#include "tests/state/random_entries.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

ErrorKind kind_of_reading(std::string_view bytes) {
    try {
        WriteSet::deserialize(bytes);
    } catch (const Failure& failure) {
        return failure.error().kind();
    }
    FAIL("a damaged set was read");
    return ErrorKind::internal;
}

WriteSet sample() {
    WriteSet set;
    set.put(Family::images, std::string{"k\0\xFF", 3}, "one");
    set.put(Family::images, "empty", "");
    set.erase(Family::edges, "gone");
    set.put(Family::intents, "", std::string(70000, 'x'));
    set.erase_prefix(Family::edges, "b");
    set.erase_prefix(Family::work, "");
    return set;
}

}  // namespace

TEST_CASE("a later entry of a write set replaces an earlier one", "[state]") {
    WriteSet set;
    CHECK(set.empty());
    set.put(Family::meta, "k", "old");
    set.erase(Family::meta, "k");
    REQUIRE(set.entries(Family::meta).size() == 1);
    CHECK(set.entries(Family::meta).at("k") == std::nullopt);
    set.put(Family::meta, "k", "new");
    CHECK(set.entries(Family::meta).at("k") == "new");
    CHECK(set.bytes() == 4);
    set.clear();
    CHECK(set.empty());
}

TEST_CASE(
    "the removal of a prefix hides what lies below it and what was put before, not later puts",
    "[state]") {
    MemoryStore base;
    WriteSet stored;
    for (const char* key : {"a", "b", "b1", "b2", "c"})
        stored.put(Family::images, key, "stored");
    base.write(stored, false);
    Overlay overlay{base};
    overlay.staged().put(Family::images, "b3", "before");
    overlay.staged().erase_prefix(Family::images, "b");
    overlay.staged().put(Family::images, "b2", "after");
    CHECK(scan_all(overlay, Family::images, "", "") ==
          Pairs{{"a", "stored"}, {"b2", "after"}, {"c", "stored"}});
    CHECK(scan_all(overlay, Family::images, "b", "") == Pairs{{"b2", "after"}});
    CHECK_FALSE(overlay.get(Family::images, "b1"));
    overlay.staged().erase_prefix(Family::images, "b2");  // within what is hidden already
    CHECK(overlay.staged().erased_prefixes(Family::images).size() == 1);
    CHECK(scan_all(overlay, Family::images, "b", "").empty());
}

TEST_CASE("a serialized write set comes back as it was", "[state]") {
    const WriteSet set = sample();
    const WriteSet back = WriteSet::deserialize(set.serialize());
    for (std::size_t i = 0; i < kFamilies; ++i) {
        const auto family = static_cast<Family>(i);
        CHECK(back.entries(family) == set.entries(family));
        CHECK(back.erased_prefixes(family) == set.erased_prefixes(family));
    }
    CHECK(WriteSet::deserialize(WriteSet{}.serialize()).empty());
}

TEST_CASE("a damaged write set is an error of trust", "[state]") {
    WriteSet small;
    small.put(Family::images, "key", "value");
    small.erase(Family::claims, "other");
    small.erase_prefix(Family::edges, "begin");
    const std::string bytes = small.serialize();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CHECK(kind_of_reading(std::string_view{bytes}.substr(0, i)) == ErrorKind::trust);
        for (const int bit : {0x01, 0x80}) {
            std::string flipped = bytes;
            flipped[i] = static_cast<char>(flipped[i] ^ bit);
            CHECK(kind_of_reading(flipped) == ErrorKind::trust);
        }
    }
    CHECK(kind_of_reading(bytes + "x") == ErrorKind::trust);
}

TEST_CASE("an overlay reads what a store would hold after the writes", "[state][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 300; ++round) {
        MemoryStore base;
        base.write(random_writes(random, 60, 3), false);
        Overlay overlay{base};
        overlay.staged() = random_writes(random, random() % 60, 3);
        MemoryStore expected = base;
        expected.write(overlay.staged(), false);

        for (int probe = 0; probe < 30; ++probe) {
            const auto family = static_cast<Family>(random() % kFamilies);
            const std::string prefix = random_key(random, 2);
            const std::string from = random_key(random, 3);
            const std::size_t limit = random() % 8 == 0 ? random() % 4 : SIZE_MAX;
            CHECK(scan_all(overlay, family, prefix, from, limit) ==
                  scan_all(expected, family, prefix, from, limit));
            CHECK(overlay.get(family, from) == expected.get(family, from));
        }
    }
}

TEST_CASE("a scan of an overlay bears writes to it while it runs", "[state]") {
    MemoryStore base;
    WriteSet first;
    for (const char* key : {"a", "c", "e"})
        first.put(Family::work, key, "base");
    base.write(first, false);
    Overlay overlay{base};
    overlay.staged().put(Family::work, "b", "staged");

    std::vector<std::string> seen;
    overlay.scan(Family::work, "", "", [&](std::string_view key, std::string_view) {
        seen.emplace_back(key);
        overlay.staged().erase(Family::work, std::string{key});
        return true;
    });
    CHECK(seen == std::vector<std::string>{"a", "b", "c", "e"});
    CHECK(scan_all(overlay, Family::work, "", "").empty());
}
