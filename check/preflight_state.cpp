#include "check/preflight_state.hpp"

#include "check/preflight.hpp"
#include "pipeline/shape_things.hpp"
#include "service/state_shape.hpp"
#include "state/keys.hpp"
#include "state/rocks_store.hpp"

#include <filesystem>
#include <set>

namespace crossfade {

namespace {

// Of the state's shape, those that the mapping had.
std::set<std::string> entities_of(const Reader& state) {
    std::set<std::string> names;
    const auto bytes = state.get(Family::meta, keys::kMappingShape);
    for (const NumberedThing& numbered : bytes ? decode_things(*bytes) : Things{}) {
        if (numbered.thing.kind == ShapeThing::Kind::entity && !numbered.gone)
            names.insert(numbered.thing.name);
    }
    return names;
}

}  // namespace

void check_state(const Config& config, const Context& context, Findings& findings) {
    if (!context.program || !std::filesystem::exists(config.state / "CURRENT")) return;
    try {
        RocksOptions options;
        options.create = false;
        const auto store = RocksStore::open(config.state, options);
        const std::set<std::string> loaded = entities_of(*store);
        if (loaded.empty()) return;
        const std::string again =
            "crossfade drop --state, then load again: crossfade run; rows keep their ids";
        std::set<std::string> mapped;
        const std::size_t before = findings.size();
        for (const EntityProgram& entity : context.program->entities) {
            mapped.insert(entity.name);
            if (loaded.contains(entity.name)) continue;
            findings.push_back(about("entities." + entity.name,
                                     "came into the mapping after the load: the state at " +
                                         config.state.string() + " has nothing of it",
                                     again));
        }
        for (const std::string& name : loaded) {
            if (mapped.contains(name)) continue;
            findings.push_back(
                about("entities." + name, "was loaded, and the mapping has it no more", again));
        }
        if (findings.size() == before) require_shape(context, *store);
    } catch (const Failure& failure) {
        // Held by the service.
        if (failure.error().kind() == ErrorKind::unavailable) return;
        findings.push_back(about("state", failure.error().message(), failure.error().hint()));
    }
}

}  // namespace crossfade
