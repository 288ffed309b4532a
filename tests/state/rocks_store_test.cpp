#include "state/rocks_store.hpp"
#include "state/memory_store.hpp"
#include "tests/state/random_entries.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>

using namespace crossfade;
using namespace crossfade::test;

namespace {

Error error_of_opening(const std::filesystem::path& directory, const RocksOptions& options = {}) {
    try {
        RocksStore::open(directory, options);
    } catch (const Failure& failure) {
        return failure.error();
    }
    FAIL("the store was opened");
    return Error{ErrorKind::internal, ""};
}

RocksOptions with_prefix(std::size_t bytes) {
    RocksOptions options;
    options.edge_prefix_bytes = bytes;
    return options;
}

}  // namespace

TEST_CASE("what was written is there after the store is opened again", "[state]") {
    const TemporaryDirectory directory;
    WriteSet set;
    set.put(Family::images, "k", "image");
    set.put(Family::meta, "k", "");
    set.put(Family::edges, "gone", "x");
    {
        const auto store = RocksStore::open(directory / "state");
        store->write(set, true);
        WriteSet removal;
        removal.erase(Family::edges, "gone");
        store->write(removal, false);
    }
    struct stat info {};
    REQUIRE(::stat((directory / "state").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);

    const auto store = RocksStore::open(directory / "state");
    CHECK(store->get(Family::images, "k") == "image");
    CHECK(store->get(Family::meta, "k") == "");
    CHECK(store->get(Family::edges, "gone") == std::nullopt);
    CHECK(store->get(Family::claims, "k") == std::nullopt);
}

TEST_CASE("a state directory that others can enter is refused", "[state]") {
    const TemporaryDirectory directory;
    REQUIRE(::chmod(directory.path().c_str(), 0750) == 0);
    const Error error = error_of_opening(directory.path());
    CHECK(error.kind() == ErrorKind::configuration);
    CHECK(error.hint().find("chmod 700") != std::string::npos);
}

TEST_CASE("a state directory in use says so", "[state]") {
    const TemporaryDirectory directory;
    const auto store = RocksStore::open(directory.path());
    const Error error = error_of_opening(directory.path());
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.message().find("in use by another crossfade process") != std::string::npos);
}

TEST_CASE("opening without leave to create reports that there is no state", "[state]") {
    const TemporaryDirectory directory;
    RocksOptions options;
    options.create = false;
    CHECK(error_of_opening(directory.path(), options).kind() == ErrorKind::configuration);
    CHECK(error_of_opening(directory / "none", options).kind() == ErrorKind::configuration);
}

TEST_CASE("the store on disk answers as the one in memory does", "[state][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (const std::size_t prefix_bytes : {0, 1, 2, 12}) {
        INFO("prefix bytes " << prefix_bytes);
        const TemporaryDirectory directory;
        MemoryStore expected;
        auto store = RocksStore::open(directory.path(), with_prefix(prefix_bytes));
        for (int round = 0; round < 40; ++round) {
            const WriteSet set = random_writes(random, 80, 4);
            store->write(set, false);
            expected.write(set, false);
            if (round % 7 == 3) store->flush();
            if (round % 11 == 5) {
                store.reset();
                store = RocksStore::open(directory.path(), with_prefix(prefix_bytes));
            }
            for (int probe = 0; probe < 40; ++probe) {
                const auto family = static_cast<Family>(random() % kFamilies);
                const std::string prefix = random_key(random, 3);
                const std::string from = random_key(random, 4);
                const std::size_t limit = random() % 4 == 0 ? random() % 4 : SIZE_MAX;
                REQUIRE(scan_all(*store, family, prefix, from, limit) ==
                        scan_all(expected, family, prefix, from, limit));
                REQUIRE(store->get(family, from) == expected.get(family, from));
            }
        }
    }
}

TEST_CASE("a scan inside a scan, and writes inside a scan, see a steady store", "[state]") {
    const TemporaryDirectory directory;
    const auto store = RocksStore::open(directory.path());
    WriteSet set;
    for (const char* key : {"a1", "a2", "b1", "b2"})
        set.put(Family::edges, key, "");
    store->write(set, false);

    std::vector<std::string> seen;
    store->scan(Family::edges, "a", "", [&](std::string_view key, std::string_view) {
        seen.emplace_back(key);
        for (const auto& [inner, value] : scan_all(*store, Family::edges, "b", "")) {
            seen.push_back(inner);
        }
        WriteSet removal;
        removal.erase(Family::edges, "a2");
        removal.put(Family::edges, "b3", "");
        store->write(removal, false);
        return true;
    });
    CHECK(seen == std::vector<std::string>{"a1", "b1", "b2", "a2", "b1", "b2", "b3"});
    CHECK(scan_all(*store, Family::edges, "", "").size() == 4);
}

TEST_CASE("sorted files are ingested, and a range is erased, at once", "[state]") {
    const TemporaryDirectory directory;
    const auto store = RocksStore::open(directory / "state");
    std::vector<std::filesystem::path> files;
    for (const char* name : {"one.sst", "two.sst"}) {
        SortedFile file{directory / name, Family::images};
        for (int i = 100; i < 200; ++i)
            file.put(name + std::to_string(i), "value");
        CHECK_THROWS_AS(file.put("a", "out of order"), Failure);
        REQUIRE(file.finish());
        files.push_back(directory / name);
    }
    SortedFile nothing{directory / "none.sst", Family::images};
    CHECK_FALSE(nothing.finish());
    CHECK_FALSE(std::filesystem::exists(directory / "none.sst"));

    store->ingest(Family::images, files);
    CHECK(store->get(Family::images, "two.sst150") == "value");
    CHECK(scan_all(*store, Family::images, "", "").size() == 200);
    CHECK(store->disk_bytes() > 0);
    store->erase_prefix(Family::images, "one");
    CHECK(scan_all(*store, Family::images, "", "").size() == 100);
    store->erase_prefix(Family::images, "");
    CHECK(scan_all(*store, Family::images, "", "").empty());
}
