// The settings of a session that change what is read or written, and what ours is held to.
//
// Roles and databases have settings (ALTER ROLE ... SET, ALTER DATABASE ... SET) that change the
// text of values, how texts are parsed, how statements are understood, and when a session ends. On
// every connection, walsenders too, they are pinned: most in the startup packet, which a pooler may
// drop, so they are compared afterwards; those that only some servers know, or only some roles may
// set, behind it.
//
// Not pinned is what changes only plans, speed, places on disk or the server's log, and what the
// target's own triggers may rely on and we do not (default_text_search_config). The test of
// tests/postgres/pins_test.cpp goes through pg_settings and knows the one or the other of each.
#pragma once

#include "postgres/connection.hpp"

#include <span>
#include <string>

namespace crossfade {

struct Pin {
    const char* name;
    const char* value;  // as SHOW prints it
};

std::span<const Pin> startup_pins();  // in the startup packet; every supported server knows them
// Set once connected, if the server knows it and the role may set it.
std::span<const Pin> later_pins();

// The `options` of the startup packet: those that were given, and the pins behind them.
std::string startup_options(const ConnectionOptions& options, const std::string& given);

// Sets what could not stand in the startup packet, and compares what did. Throws
// Failure(configuration) if something between us and the server dropped it.
void pin_session(Connection& connection, const ConnectionOptions& options);

}  // namespace crossfade
