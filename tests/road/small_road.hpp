// The road between two small databases that a test makes itself.
#pragma once

#include "tests/support/bridge.hpp"

#include <fstream>
#include <string>

namespace crossfade::test {

// Two servers for all small roads of the process.
class SmallServers {
public:
    static SmallServers& shared() {
        static SmallServers servers;
        return servers;
    }
    Cluster source;
    Cluster target;
};

class SmallMapping {
public:
    explicit SmallMapping(const std::string& text) { remap(text); }
    // Another mapping from here on; the service does not read it again by itself.
    void remap(const std::string& text) const {
        std::ofstream{file()} << "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
                              << text;
    }
    std::filesystem::path file() const { return folder_ / "small.yaml"; }

private:
    TemporaryDirectory folder_;
};

// `mapping` is what follows the namespace.
class SmallRoad : private SmallMapping, public Bridge {
public:
    using SmallMapping::remap;
    SmallRoad(const std::string& source_sql, const std::string& target_sql,
              const std::string& mapping, const Settings& settings = {})
        : SmallMapping{mapping},
          Bridge{{SmallServers::shared().source, "template1", SmallServers::shared().target,
                  "template1", file()},
                 settings,
                 {}} {
        source(source_sql);
        target(target_sql);
    }
};

}  // namespace crossfade::test
