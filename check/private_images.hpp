// The images of a mapping's relations, read for a look ahead and gone with the object: into a state
// in a temporary folder of mode 0700, in one snapshot of the source. Writes nothing on the source.
#pragma once

#include "config/config.hpp"
#include "postgres/connection.hpp"
#include "state/rocks_store.hpp"
#include "transforms/program.hpp"

#include <filesystem>
#include <memory>

namespace crossfade {

class PrivateImages {
public:
    // Takes as long as the part of a load that reads. Throws Failure.
    PrivateImages(const Config& config, const Program& program, Connection& source);
    ~PrivateImages();
    PrivateImages(const PrivateImages&) = delete;
    PrivateImages& operator=(const PrivateImages&) = delete;

    RocksStore& store() { return *store_; }

private:
    std::filesystem::path folder_;
    std::unique_ptr<RocksStore> store_;
};

}  // namespace crossfade
