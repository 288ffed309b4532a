#include "snapshot/merge.hpp"

#include "snapshot/workers.hpp"
#include "state/keys.hpp"
#include "tests/snapshot/shop.hpp"

#include <atomic>

using namespace crossfade;
using namespace crossfade::test;

namespace {
std::string random_key(std::mt19937& random) {
    std::string key{"\0\0\0", 3};
    key += static_cast<char>(random() % 3);
    // Few bytes and many zeros, so that keys share their heads and differ in length alone.
    const std::size_t size = random() % 14;
    for (std::size_t i = 0; i < size; ++i)
        key += static_cast<char>(random() % 3 == 0 ? random() % 256 : 0);
    return key;
}
}  // namespace

TEST_CASE("what sorters spill is merged in order, whatever the sizes", "[property][tsan]") {
    const auto seed = static_cast<unsigned>(std::random_device{}());
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 30; ++round) {
        Entries expected;
        for (int i = 0; i < 2000; ++i)
            expected.emplace(random_key(random), std::string(random() % 60, 'v'));
        const Folder folder;
        const auto store = RocksStore::open(folder.path() / "state");
        std::vector<RunSorter> sorters;
        const std::size_t bytes_max = 1 + random() % 100'000;
        for (int i = 0; i < 3; ++i)
            sorters.emplace_back(folder.path(), "run" + std::to_string(i), bytes_max);
        std::vector<const Entries::value_type*> order;
        for (const auto& entry : expected)
            order.push_back(&entry);
        std::shuffle(order.begin(), order.end(), random);
        for (const auto* entry : order)
            sorters[random() % 3].put(entry->first, entry->second);
        for (RunSorter& sorter : sorters)
            sorter.finish();
        MergeOptions options;
        options.directory = folder.path();
        options.file_bytes_max = 1 + random() % 50'000;
        const FileStarts starts =
            merge_into(*store, Family::images, sorters, options,
                       [](std::string_view, std::uint64_t copy) -> std::optional<std::string> {
                           if (copy > 0) throw std::runtime_error{"a duplicate"};
                           return std::nullopt;
                       });
        const bool equal = entries_of(*store, Family::images) == expected;
        REQUIRE(equal);
        for (const auto& [number, keys] : starts) {
            CHECK(std::is_sorted(keys.begin(), keys.end()));
            for (const std::string& key : keys)
                CHECK(expected.contains(key));
        }
    }
}

TEST_CASE("copies of a key are stored under the names they are given") {
    const Folder folder;
    const auto store = RocksStore::open(folder.path() / "state");
    std::vector<RunSorter> sorters;
    for (int i = 0; i < 2; ++i) {
        sorters.emplace_back(folder.path(), "run" + std::to_string(i), 1000);
        sorters.back().put("keys a", "one");
        sorters.back().put("keys a", "one");
        sorters.back().put("keys b", "two");
        sorters.back().finish();
    }
    MergeOptions options;
    options.directory = folder.path();
    merge_into(*store, Family::images, sorters, options,
               [](std::string_view key, std::uint64_t copy) {
                   return std::string{key} + "#" + std::to_string(copy);
               });
    const Entries expected{{"keys a#0", "one"}, {"keys a#1", "one"}, {"keys a#2", "one"},
                           {"keys a#3", "one"}, {"keys b#0", "two"}, {"keys b#1", "two"}};
    CHECK(entries_of(*store, Family::images) == expected);
}

TEST_CASE("a key that comes twice is told and nothing is ingested") {
    const Folder folder;
    const auto store = RocksStore::open(folder.path() / "state");
    std::vector<RunSorter> sorters;
    for (int i = 0; i < 2; ++i) {
        sorters.emplace_back(folder.path(), "run" + std::to_string(i), 1000);
        sorters.back().put("keys one", "a");
        sorters.back().put("keys " + std::to_string(i), "b");
        sorters.back().finish();
    }
    MergeOptions options;
    options.directory = folder.path();
    std::string told;
    CHECK_THROWS_WITH(
        merge_into(*store, Family::images, sorters, options,
                   [&](std::string_view key, std::uint64_t copy) -> std::optional<std::string> {
                       if (copy == 0) return std::nullopt;
                       told = key;
                       throw std::runtime_error{"twice"};
                   }),
        "twice");
    CHECK(told == "keys one");
    CHECK(entries_of(*store, Family::images).empty());
}

TEST_CASE("the first worker that fails stops the others and is the one that is heard", "[tsan]") {
    std::atomic<int> stopped{0};
    CHECK_THROWS_WITH(run_workers(3, {},
                                  [&](unsigned number, const std::stop_token& stop) {
                                      if (number == 1) throw std::runtime_error{"first"};
                                      while (!stop.stop_requested())
                                          std::this_thread::yield();
                                      ++stopped;
                                      stop_here(stop);
                                  }),
                      "first");
    CHECK(stopped == 2);
}

TEST_CASE("a scan under a key finds all its entries in large files, and no others", "[property]") {
    const auto seed = static_cast<unsigned>(std::random_device{}());
    INFO("seed " << seed);
    std::mt19937 random{seed};
    std::map<std::string, std::size_t> entries_under;
    const Folder folder;
    const auto store = RocksStore::open(folder.path() / "state");
    std::vector<RunSorter> sorters;
    sorters.emplace_back(folder.path(), "run", std::size_t{1} << 20);
    for (int parent = 0; parent < 20'000; ++parent) {
        // Every other number is a parent without children.
        const KeyBytes key = encode_key(std::int64_t{2 * parent});
        const std::size_t children = random() % 500 == 0 ? 3000 : random() % 8;
        entries_under[keys::index_prefix(1, key)] = children;
        entries_under[keys::index_prefix(1, encode_key(std::int64_t{2 * parent + 1}))] = 0;
        for (std::size_t child = 0; child < children; ++child) {
            const auto row = encode_key(static_cast<std::int64_t>(child));
            sorters[0].put(keys::index_entry(1, key, {row, 0}), {});
        }
    }
    sorters[0].finish();
    MergeOptions options;
    options.directory = folder.path();
    merge_into(*store, Family::edges, sorters, options,
               [](std::string_view, std::uint64_t) { return std::nullopt; });
    std::size_t wrong = 0;
    for (const auto& [prefix, count] : entries_under) {
        std::size_t found = 0;
        store->scan(Family::edges, prefix, {}, [&](std::string_view, std::string_view) {
            ++found;
            return true;
        });
        if (found != count) ++wrong;
    }
    CHECK(wrong == 0);
}
