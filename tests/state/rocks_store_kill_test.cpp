// The writer is a process of its own: this program again, with the hidden test case below. It is
// killed at random moments, and what it had acknowledged by then is compared with what the store
// holds.
#include "state/rocks_store.hpp"
#include "tests/state/random_entries.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr int kParts = 30;
constexpr Family kFamiliesOfASet[] = {Family::images, Family::derived, Family::intents};

std::string part_key(std::uint64_t number, int part) {
    return std::to_string(1'000'000 + number) + "/" + std::to_string(part);
}

WriteSet numbered_set(std::uint64_t number) {
    WriteSet set;
    for (const Family family : kFamiliesOfASet) {
        for (int part = 0; part < kParts; ++part) {
            set.put(family, part_key(number, part), std::string(200, static_cast<char>(number)));
        }
    }
    set.put(Family::meta, "last", std::to_string(number));
    return set;
}

// How many of the keys of a set are there.
int parts_of(const RocksStore& store, std::uint64_t number) {
    int found = 0;
    for (const Family family : kFamiliesOfASet) {
        found += static_cast<int>(
            scan_all(store, family, std::to_string(1'000'000 + number) + "/", "").size());
    }
    return found;
}

std::uint64_t acknowledged(const std::filesystem::path& file) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(file, missing);
    return missing ? 0 : size;
}

}  // namespace

TEST_CASE("the writer that is killed", "[.child]") {
    const std::filesystem::path directory = std::getenv("CROSSFADE_KILL_DIRECTORY");
    RocksOptions options;
    options.write_buffer_bytes = 256 << 10;  // so that flushes and compactions are under way too
    const auto store = RocksStore::open(directory / "state", options);
    const int acknowledgements =
        ::open((directory / "acknowledged").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    REQUIRE(acknowledgements >= 0);
    std::uint64_t number = std::stoull(store->get(Family::meta, "last").value_or("0"));
    while (true) {
        store->write(numbered_set(++number), true);
        REQUIRE(::write(acknowledgements, "+", 1) == 1);
    }
}

TEST_CASE("a killed store holds every acknowledged set and no half of one", "[state][fault]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const TemporaryDirectory directory;
    std::uint64_t standing = 0;  // sets that the store held after the last kill

    for (int round = 0; round < 8; ++round) {
        std::filesystem::remove(directory / "acknowledged");
        Spawn child;
        child.argv = {"/proc/self/exe", "the writer that is killed"};
        child.environment = {"CROSSFADE_KILL_DIRECTORY=" + directory.path().string()};
        const pid_t writer = spawn(child);
        const std::uint64_t enough = 1 + random() % 120;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (acknowledged(directory / "acknowledged") < enough &&
               std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::microseconds{random() % 900});
        }
        ::kill(writer, SIGKILL);
        wait_for(writer);
        const std::uint64_t promised = standing + acknowledged(directory / "acknowledged");
        REQUIRE(promised >= standing + enough);

        const auto store = RocksStore::open(directory / "state");
        const std::uint64_t last = std::stoull(store->get(Family::meta, "last").value_or("0"));
        CHECK(last >= promised);
        CHECK(last <= promised + 1);
        for (std::uint64_t number = 1; number <= last; ++number) {
            REQUIRE(parts_of(*store, number) == 3 * kParts);
        }
        CHECK(parts_of(*store, last + 1) == 0);
        standing = last;
    }
}
