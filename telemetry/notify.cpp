#include "telemetry/notify.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>

namespace crossfade::service {

// Errors of sd_notify are ignored: the bridge goes on if the manager does not listen.

void notify_ready() { sd_notify(0, "READY=1"); }

void notify_status(const std::string& status) {
    std::string line = status;
    std::replace(line.begin(), line.end(), '\n', ' ');
    sd_notify(0, ("STATUS=" + line).c_str());
}

void notify_stopping() { sd_notify(0, "STOPPING=1"); }

void notify_watchdog() { sd_notify(0, "WATCHDOG=1"); }

std::optional<std::chrono::microseconds> watchdog_interval() {
    std::uint64_t interval = 0;
    if (sd_watchdog_enabled(0, &interval) <= 0) return std::nullopt;
    return std::chrono::microseconds(interval);
}

}  // namespace crossfade::service
