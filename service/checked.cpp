#include "service/checked.hpp"

#include "model/version.hpp"
#include "pipeline/digests.hpp"
#include "service/initial_load.hpp"
#include "state/keys.hpp"

namespace crossfade {

std::string what_is_checked(const Mapping& mapping) {
    return sha256(mapping.text) + " " + kVersion;
}

bool is_checked(const Reader& state, const std::string& what) {
    return has_images(state) && state.get(Family::meta, keys::kChecked) == what;
}

void keep_checked(Store& state, const std::string& what) {
    WriteSet set;
    set.put(Family::meta, std::string{keys::kChecked}, what);
    state.write(set, true);
}

}  // namespace crossfade
