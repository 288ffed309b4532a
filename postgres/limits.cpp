#include "postgres/limits.hpp"

namespace crossfade {

void set_limits(Connection& connection, const SessionLimits& limits) {
    connection.exec("SET lock_timeout = " + std::to_string(limits.lock.count()) +
                    "; SET statement_timeout = " + std::to_string(limits.statement.count()));
}

}  // namespace crossfade
