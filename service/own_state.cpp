#include "service/own_state.hpp"

#include "pipeline/road.hpp"
#include "service/state_shape.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace crossfade {

namespace {

// A process that was killed may have left an intent behind, of which only the target knows whether
// it stands. What is read and written here must come after it.
void settle(const Config& config, const Program& program, Store& store) {
    bool open = false;
    store.scan(Family::intents, {}, {}, [&](std::string_view, std::string_view) {
        open = true;
        return false;
    });
    if (!open) return;
    Connection target = Connection::open(target_options(config, "state"));
    Road{program, store, BatchLimits{}}.recover(read_progress(target, config.source.slot));
}

void require_state(const Config& config) {
    if (std::filesystem::exists(config.state)) return;
    throw Failure{
        Error{ErrorKind::unavailable, "there is no state at " + config.state.string() + " yet"}
            .with_hint("crossfade run makes it")};
}

}  // namespace

std::unique_ptr<RocksStore> open_settled_state(const Config& config, const Context& context) {
    require_state(config);
    RocksOptions options;
    options.create = false;
    auto store = RocksStore::open(config.state, options);
    store->use_numbers(require_shape(context, *store));
    settle(config, *context.program, *store);
    return store;
}

std::optional<OwnState> open_own_state(const Config& config, Findings& findings) {
    require_state(config);  // before a server is asked
    auto context = read_context(config, findings);
    if (!context) return std::nullopt;
    auto store = open_settled_state(config, *context);
    return OwnState{std::move(*context), std::move(store)};
}

// RocksDB keeps a record lock on its file LOCK.
bool is_locked(const std::filesystem::path& directory) {
    const int file = ::open((directory / "LOCK").c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return false;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool held = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ::close(file);
    return held;
}

bool state_is_held(const Config& config) { return is_locked(config.state); }

}  // namespace crossfade
