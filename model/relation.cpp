#include "model/relation.hpp"

#include <algorithm>

namespace crossfade {

const CatalogColumn* CatalogTable::find(std::string_view column) const {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const CatalogColumn& c) { return c.name == column; });
    return found == columns.end() ? nullptr : &*found;
}

}  // namespace crossfade
