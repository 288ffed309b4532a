// What systemd is told about the service (sd_notify(3), Type=notify). Without NOTIFY_SOCKET every
// call does nothing, so callers do not ask who started them.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace crossfade::service {

// Start-up is over: the unit is active.
void notify_ready();
// One line for `systemctl status`, without row values.
void notify_status(const std::string& status);
void notify_stopping();
// Sign of life; to be sent at least twice in the interval.
void notify_watchdog();
// The interval of WatchdogSec=, nothing if the unit has none.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace crossfade::service
