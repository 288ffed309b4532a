#include "state/numbers.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "state/records.hpp"
#include "state/rocks_store.hpp"
#include "tests/state/random_numbers.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {
constexpr std::uint32_t kThings = 5;  // of each kind
using Random = std::mt19937;

StateNumbers random_numbers(Random& random) {
    StateNumbers numbers;
    numbers.relations = random_number_map(random, kThings);
    numbers.indexes = random_number_map(random, kThings);
    numbers.nodes = random_number_map(random, kThings);
    numbers.entities = random_number_map(random, kThings);
    numbers.claims = random_number_map(random, kThings);
    for (std::uint32_t i = 0; i < kThings; ++i) {
        numbers.columns.push_back(random_number_map(random, kThings));
        numbers.target_columns.push_back(random_number_map(random, kThings));
        numbers.parents.push_back(random_number_map(random, kThings));
        numbers.relation_of_index.push_back(i == 0 ? StateNumbers::kNoRelation : i);
    }
    return numbers;
}

std::uint32_t any(Random& random) { return static_cast<std::uint32_t>(random() % kThings); }
KeyBytes some_key(Random& random) { return encode_key(static_cast<std::int64_t>(random() % 6)); }
Uuid some_id(Random& random) {
    Uuid id;
    id.bytes[15] = static_cast<std::uint8_t>(random() % 6);
    return id;
}

std::string some_row(Random& random) {
    Row row;
    for (std::uint32_t i = 0; i < kThings; ++i)
        row.emplace_back(static_cast<std::int64_t>(random() % 1'000));
    return encode_row(row);
}

std::string some_record(Random& random) {
    DerivedRecord record;
    record.id = some_id(random);
    for (std::uint32_t i = 0; i < kThings; ++i) {
        if (random() % 2 == 0)
            record.claims.push_back({i, some_key(random), some_key(random), true});
        if (random() % 2 == 0)
            record.parents.push_back({i, any(random), any(random), some_key(random)});
        if (random() % 2 == 0) record.digests.push_back({i, "digest"});
        if (random() % 2 == 0) record.digests.push_back({i | StoredDigest::kFingerprint, "secret"});
    }
    std::ranges::stable_sort(record.digests, {}, &StoredDigest::column);
    return record.encode();
}

struct Entry {
    Family family;
    std::string key;
    std::string value;
};

Entry some_work(Random& random) {
    WorkItem item;
    item.kind = static_cast<WorkItem::Kind>(random() % 7);
    item.node = item.kind == WorkItem::Kind::expand || item.kind == WorkItem::Kind::reindex
                    ? any(random)
                    : 0;
    item.entity = any(random);
    item.column = any(random);
    item.key = some_key(random);
    return {Family::work, keys::work(1, Lsn{random() % 9}, random() % 9), item.encode()};
}

Entry some_entry(Random& random) {
    const KeyBytes root = some_key(random);
    const std::uint32_t thing = any(random);
    switch (random() % 14) {
        case 0: return {Family::images, keys::image(thing, root), some_row(random)};
        case 1:
            return {Family::edges, keys::index_entry(thing, some_key(random), {root, 1}),
                    thing != 0 && random() % 2 == 0 ? some_row(random) : std::string{}};
        case 2: return {Family::edges, keys::stale(thing, some_key(random), any(random), root), {}};
        case 3: return {Family::members, keys::member_key(thing, {root, 1}), some_key(random)};
        case 4: return {Family::claims, keys::claim(thing, some_key(random), "o", root), root};
        case 5: return {Family::derived, keys::root(thing, root), some_record(random)};
        case 6: return {Family::targets, keys::row(some_id(random), thing), root};
        case 7: return {Family::quarantine, keys::root(thing, root), QuarantineRecord{}.encode()};
        case 8: return {Family::meta, keys::counter(thing, "source"), "7"};
        case 9: {
            std::string row = keys::target(some_id(random));
            for (std::uint32_t column = 0; column < kThings; ++column) {
                if (random() % 2 == 0) append_varint(row, column);
            }
            return {Family::meta, keys::adopted(thing, some_id(random)), row};
        }
        case 10: return {Family::meta, keys::adopter(thing, some_id(random)), root};
        case 11: return {Family::meta, keys::discarded(thing, root), "why"};
        case 12: return {Family::meta, std::string{keys::kPosition}, "here"};
        default: return some_work(random);
    }
}

WriteSet some_writes(Random& random) {
    WriteSet set;
    for (int i = 0; i < 20; ++i) {
        Entry entry = some_entry(random);
        if (random() % 4 == 0)
            set.erase(entry.family, entry.key);
        else
            set.put(entry.family, entry.key, entry.value);
    }
    if (random() % 4 == 0) set.erase_prefix(Family::images, keys::image_prefix(any(random)));
    if (random() % 8 == 0) set.erase_prefix(Family::work, {});
    return set;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;
Pairs all_of(const Reader& reader, Family family, std::string_view prefix = {},
             std::string_view from = {}, std::size_t limit = 1'000'000) {
    Pairs pairs;
    reader.scan(family, prefix, from, [&](std::string_view key, std::string_view value) {
        pairs.emplace_back(key, value);
        return pairs.size() < limit;
    });
    return pairs;
}

// `order[i]` of the map that sends ordinals to these numbers.
NumberMap numbers(std::vector<std::uint32_t> order) { return NumberMap{std::move(order)}; }
}  // namespace

TEST_CASE("a store in other numbers answers as one in the program's own", "[state][property]") {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        Random random{seed};
        MemoryStore plain;
        MemoryStore base;
        NumberedStore numbered{base, random_numbers(random)};
        for (int step = 0; step < 6; ++step) {
            const WriteSet set = some_writes(random);
            plain.write(set, true);
            numbered.write(set, true);
            Overlay plain_overlay{plain};
            Overlay numbered_overlay{numbered};
            const WriteSet staged = some_writes(random);
            plain_overlay.staged().append(staged);
            numbered_overlay.staged().append(staged);
            for (std::size_t f = 0; f < kFamilies; ++f) {
                const auto family = static_cast<Family>(f);
                CHECK(all_of(numbered, family) == all_of(plain, family));
                CHECK(all_of(numbered_overlay, family) == all_of(plain_overlay, family));
            }
            for (int probe = 0; probe < 20; ++probe) {
                const Entry entry = some_entry(random);
                CHECK(numbered.get(entry.family, entry.key) == plain.get(entry.family, entry.key));
                // From any key on, over a prefix that ends anywhere behind the number, or is empty.
                const std::size_t least = entry.family == Family::meta ? entry.key.size() : 4;
                std::string prefix = entry.key.substr(0, std::min(entry.key.size(), least));
                if (random() % 3 == 0) prefix.clear();
                const std::string from = random() % 2 == 0 ? entry.key : std::string{};
                const std::size_t limit = 1 + random() % 5;
                CHECK(all_of(numbered, entry.family, prefix, from, limit) ==
                      all_of(plain, entry.family, prefix, from, limit));
            }
        }
    }
}

TEST_CASE("what is stored has the state's numbers, in keys, records and rows", "[state]") {
    MemoryStore base;
    StateNumbers map;
    map.relations = map.entities = map.claims = map.nodes = numbers({2, 0, 1});
    map.columns.assign(3, numbers({1, 0}));
    map.target_columns.assign(3, numbers({0, 3, 1}));
    map.parents.assign(3, numbers({1, 0}));
    NumberedStore store{base, map};
    WriteSet set;
    set.put(Family::images, keys::image(0, "k"), encode_row({std::string{"a"}, std::string{"b"}}));
    DerivedRecord record;
    record.claims = {{1, "v", "o", true}};
    record.parents = {{0, 1, 2, "r"}};
    record.digests = {{2, "d"}};
    set.put(Family::derived, keys::root(1, "r"), record.encode());
    store.write(set, true);

    const auto image = base.get(Family::images, keys::image(2, "k"));
    REQUIRE(image);
    CHECK(decode_row(*image) == Row{std::string{"b"}, std::string{"a"}});
    const auto stored = base.get(Family::derived, keys::root(0, "r"));
    REQUIRE(stored);
    const DerivedRecord there = DerivedRecord::decode(*stored);
    CHECK(there.claims == std::vector<StoredClaim>{{0, "v", "o", true}});
    CHECK(there.parents == std::vector<StoredParent>{{1, 3, 1, "r"}});
    CHECK(there.digests == std::vector<StoredDigest>{{1, "d"}});
}

TEST_CASE("every number in a key is the state's", "[state]") {
    StateNumbers map;
    map.relations = numbers({9});
    map.indexes = numbers({8});
    map.claims = numbers({7});
    map.entities = numbers({6, 5});
    map.nodes = numbers({4});
    map.target_columns.assign(2, numbers({3}));
    map.parents.assign(2, NumberMap{});
    const auto work = [](WorkItem::Kind kind, std::uint32_t node, EntityIndex entity,
                         std::uint32_t column) {
        WorkItem item;
        item.kind = kind;
        item.node = node;
        item.entity = entity;
        item.column = column;
        return item.encode();
    };
    const Uuid id;
    const std::string place = keys::work(0, Lsn{1}, 1);
    using Kind = WorkItem::Kind;
    struct Pair {
        Entry program;
        Entry state;
    };
    for (const auto& [program, state] : std::vector<Pair>{
             {{Family::images, keys::image(0, "k"), encode_row({})},
              {Family::images, keys::image(9, "k"), encode_row({})}},
             {{Family::edges, keys::index_entry(0, "k", {"r", 1}), {}},
              {Family::edges, keys::index_entry(8, "k", {"r", 1}), {}}},
             {{Family::edges, keys::stale(1, "parent", 0, "root"), {}},
              {Family::edges, keys::stale(5, "parent", 6, "root"), {}}},
             {{Family::members, keys::member_key(0, {"r", 1}), "k"},
              {Family::members, keys::member_key(8, {"r", 1}), "k"}},
             {{Family::claims, keys::claim(0, "v", "o", "r"), "r"},
              {Family::claims, keys::claim(7, "v", "o", "r"), "r"}},
             {{Family::targets, keys::row(id, 1), "r"}, {Family::targets, keys::row(id, 5), "r"}},
             {{Family::quarantine, keys::root(1, "r"), "q"},
              {Family::quarantine, keys::root(5, "r"), "q"}},
             {{Family::meta, keys::counter(1, "source"), "7"},
              {Family::meta, keys::counter(5, "source"), "7"}},
             {{Family::meta, keys::adopter(1, id), "r"}, {Family::meta, keys::adopter(5, id), "r"}},
             {{Family::meta, keys::discarded(1, "r"), "w"},
              {Family::meta, keys::discarded(5, "r"), "w"}},
             {{Family::meta, keys::adopted(1, id), keys::target(id) + '\0'},
              {Family::meta, keys::adopted(5, id), keys::target(id) + '\3'}},
             {{Family::work, place, work(Kind::expand, 0, 0, 1)},
              {Family::work, place, work(Kind::expand, 4, 0, 1)}},
             {{Family::work, place, work(Kind::reindex, 0, 0, 0)},
              {Family::work, place, work(Kind::reindex, 8, 0, 0)}},
             {{Family::work, place, work(Kind::root, 0, 1, 0)},
              {Family::work, place, work(Kind::root, 0, 5, 0)}},
             {{Family::work, place, work(Kind::again, 0, 1, 0)},
              {Family::work, place, work(Kind::again, 0, 5, 0)}},
             {{Family::work, place, work(Kind::outcome, 0, 1, 0)},
              {Family::work, place, work(Kind::outcome, 0, 5, 0)}},
             {{Family::work, place, work(Kind::deferred, 0, 1, 0)},
              {Family::work, place, work(Kind::deferred, 0, 5, 3)}},
         }) {
        MemoryStore base;
        NumberedStore store{base, map};
        WriteSet set;
        set.put(program.family, program.key, program.value);
        store.write(set, true);
        CHECK(all_of(base, state.family) == Pairs{{state.key, state.value}});
        CHECK(store.get(program.family, program.key) == program.value);
    }
}

TEST_CASE("what belongs to a thing that is gone is not seen, and stays as it is", "[state]") {
    MemoryStore base;
    WriteSet set;
    DerivedRecord record;
    record.digests = {{0, "kept"}, {1, "of a column that is gone"}};
    set.put(Family::derived, keys::root(0, "r"), record.encode());
    set.put(Family::edges, keys::index_entry(0, "k", {"r", 0}), {});
    set.put(Family::edges, keys::index_entry(1, "k", {"r", 0}), {});
    WorkItem item;
    item.kind = WorkItem::Kind::expand;
    item.node = 1;
    set.put(Family::work, keys::work(0, Lsn{1}, 1), item.encode());
    base.write(set, true);

    StateNumbers map;
    map.entities = numbers({0});
    map.nodes = map.indexes = numbers({0});
    map.target_columns.assign(1, numbers({0}));
    map.parents.emplace_back();
    const NumberedStore store{base, map};
    CHECK(all_of(store, Family::edges).size() == 1);
    CHECK(all_of(store, Family::work).empty());
    CHECK(DerivedRecord::decode(store.get(Family::derived, keys::root(0, "r")).value()).digests ==
          std::vector<StoredDigest>{{0, "kept"}});
    CHECK(all_of(base, Family::edges).size() == 2);
}

TEST_CASE("an intent written under one mapping is read under the next", "[state]") {
    MemoryStore base;
    StateNumbers first;
    first.entities = numbers({1, 0});
    StateNumbers second;
    second.entities = numbers({0, 1});
    second.columns.emplace_back();
    second.relations = numbers({3});  // so that it translates at all
    WriteSet intent;
    intent.put(Family::meta, keys::counter(1, "source"), "7");
    std::string bytes;
    append_varint(bytes, 12);
    WriteSet set;
    set.put(Family::intents, std::string{keys::kIntent}, bytes + intent.serialize());
    NumberedStore{base, first}.write(set, true);

    const auto read = NumberedStore{base, second}.get(Family::intents, keys::kIntent);
    REQUIRE(read);
    std::string_view in = *read;
    CHECK(take_varint(in) == 12);
    CHECK(WriteSet::deserialize(in).entries(Family::meta).contains(keys::counter(0, "source")));
}

TEST_CASE("a state on disk speaks in a program's numbers, and its copies have the state's",
          "[state]") {
    const TemporaryDirectory directory;
    const auto store = RocksStore::open(directory / "state");
    StateNumbers map;
    map.relations = numbers({1, 0});
    store->use_numbers(map);
    WriteSet set;
    set.put(Family::images, keys::image(0, "a"), "1");
    set.put(Family::images, keys::image(1, "b"), "2");
    store->write(set, true);
    CHECK(store->get(Family::images, keys::image(0, "a")) == "1");
    CHECK(all_of(*store, Family::images) ==
          Pairs{{keys::image(0, "a"), "1"}, {keys::image(1, "b"), "2"}});
    store->checkpoint(directory / "copy");
    CHECK(RocksStore::open(directory / "copy")->get(Family::images, keys::image(1, "a")) == "1");
    store->erase_prefix(Family::images, keys::image_prefix(0));
    CHECK(all_of(*store, Family::images) == Pairs{{keys::image(1, "b"), "2"}});
    CHECK_THROWS_AS(store->ingest(Family::images, {directory / "file"}), Failure);
    store->use_numbers({});
    CHECK(all_of(*store, Family::images) == Pairs{{keys::image(0, "b"), "2"}});
}
