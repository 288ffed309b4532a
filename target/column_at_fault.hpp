// Which column of a row the target refuses for its value (SQLSTATE class 22). The server does not
// say it of a statement's parameters.
#pragma once

#include "postgres/connection.hpp"
#include "target/batch.hpp"
#include "target/shape.hpp"
#include "transforms/target_spec.hpp"

#include <string>

namespace crossfade {

// Casts the values one by one, inside of the open transaction. Empty: each passes alone. Throws
// Failure for errors of the world.
std::string column_at_fault(Connection& connection, const TableShape& shape, const TargetSpec& spec,
                            const RowWrite& write);

}  // namespace crossfade
