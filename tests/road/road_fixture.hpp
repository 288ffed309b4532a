// The whole road on real servers: a source and a target database of the shop
// (tests/mappings/shop.yaml), a configuration and a state in a temporary folder, and the program
// `crossfade` between them, to be started, stopped, killed and asked like an operator would.
#pragma once

#include "service/status.hpp"
#include "tests/support/bridge.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace crossfade::test {

// Two servers for all tests of the process, with the shop's databases as templates.
class ShopServers {
public:
    static ShopServers& shared();
    Cluster source;
    Cluster target;

private:
    ShopServers();
};

class EndToEnd : public Bridge {
public:
    explicit EndToEnd(const Settings& settings = {}, const std::filesystem::path& key_file = {});

    // Random transactions of 1 to `changes_max` changes each, the same for the same seed
    // (shop/change.sql). ROAD_TEST_SEED in the environment is added to every seed.
    void change(int seed, int transactions, int changes_max) const;
    // INSERT statements that make up the source's content, one a row, in an order that `seed`
    // shuffles across all tables.
    std::vector<std::string> content(int seed) const;

    Status status() const;

    // --- the target
    // Every row of every table of the mapping as one text, without the columns that triggers keep.
    std::string dump() const;
    // Where each row's version stands: changes with every write, also of equal values.
    std::string row_versions() const;
    // UPDATEs that changed nothing but what triggers keep.
    std::string useless_updates() const;
};

// Fails the running test case unless everything agrees: the target is what the mapping makes of the
// source, every source row is accounted for, and nothing was written in vain.
void check_agreement(const EndToEnd& road);

}  // namespace crossfade::test
