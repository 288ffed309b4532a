// The part of Applier that says where it is.
#include "service/applier.hpp"
#include "service/open_work.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace crossfade {

namespace {
std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text;
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}
}  // namespace

// Trouble with a server, and its end; a lock or a deadlock is no trouble of that kind.
void Applier::note_down(std::optional<Down>& side, const Error& error) {
    if (error.kind() != ErrorKind::unavailable) return;
    const std::lock_guard lock{mutex_};
    if (!side) side = Down{utc_now(), {}};
    side->why = error.message();
}

void Applier::note_up(std::optional<Down>& side) {
    const std::lock_guard lock{mutex_};
    side.reset();
}

Status Applier::status() {
    Status status = read_status(program_, store_);
    status.open_work = read_open_work(program_, store_);
    status.waits = servers_.waits();
    const std::lock_guard lock{mutex_};
    status.phase = load_open_ ? "snapshot" : received_ > 1 ? "catching_up" : "streaming";
    for (const auto& [name, side] :
         {std::pair{"source_down", &source_down_}, std::pair{"target_down", &target_down_}}) {
        if (!*side) continue;
        if (!load_open_) {
            status.phase = name;
            status.since = (*side)->since;
        }
        status.waits.push_back((*side)->why);
    }
    status.lag_transactions = received_;
    if (received_ > 0) {
        const auto age = std::chrono::system_clock::now() - oldest_commit_;
        status.lag_seconds = std::max(0.0, std::chrono::duration<double>(age).count());
    }
    return status;
}

}  // namespace crossfade
