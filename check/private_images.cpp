#include "check/private_images.hpp"

#include "snapshot/image_load.hpp"
#include "telemetry/console.hpp"

#include <cstdlib>
#include <random>

namespace crossfade {

namespace {

std::filesystem::path make_private_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "crossfade-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw Failure{Error{ErrorKind::unavailable, "cannot make a folder " + name}.with_hint(
            "set TMPDIR to a folder that can be written")};
    }
    return name;
}

// A random key that is never stored: fingerprints that a killed process leaves behind reveal
// nothing of the secrets.
std::string random_key() {
    std::random_device device;
    std::string key;
    while (key.size() < 32)
        key += static_cast<char>(device());
    return key;
}

class RemovedUnlessKept {
public:
    explicit RemovedUnlessKept(std::filesystem::path folder) : folder_{std::move(folder)} {}
    ~RemovedUnlessKept() {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    RemovedUnlessKept(const RemovedUnlessKept&) = delete;
    RemovedUnlessKept& operator=(const RemovedUnlessKept&) = delete;
    void keep() { folder_.clear(); }

private:
    std::filesystem::path folder_;
};

}  // namespace

PrivateImages::PrivateImages(const Config& config, const Program& program, Connection& source)
    : folder_{make_private_folder()} {
    RemovedUnlessKept guard{folder_};
    store_ = RocksStore::open(folder_ / "state");
    const SecretFingerprinter fingerprinter{random_key()};
    ImageLoadOptions options;
    options.source_conninfo = config.source.conninfo;
    options.connections = static_cast<unsigned>(config.load.connections);
    options.scratch = folder_ / "scratch";
    std::filesystem::create_directory(options.scratch);
    source.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    options.snapshot_name = source.exec("SELECT pg_export_snapshot()").text(0, 0);
    options.on_source_released = [&] { source.exec("COMMIT"); };
    const Logger log = Logger::none();
    Console console = Console::standard_error();
    Progress progress{console, log};
    load_images(program, *store_, fingerprinter, options, progress, log);
    guard.keep();
}

PrivateImages::~PrivateImages() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

}  // namespace crossfade
