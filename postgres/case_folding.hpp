// How a server's citext compares, read from the server itself.
#pragma once

#include "model/case_folding.hpp"
#include "postgres/connection.hpp"

#include <memory>

namespace crossfade {

// The lower() of the session's database under its default collation. Nullptr if it does not go
// letter by letter, or not in UTF-8: an ICU locale, another encoding. Asks once and moves some 4
// MB.
std::shared_ptr<const CaseFolding> read_case_folding(Connection& connection);

}  // namespace crossfade
