#include "service/complete_target.hpp"

#include "target/deferred_indexes.hpp"
#include "telemetry/kill_point.hpp"

#include <malloc.h>

namespace crossfade {

void complete_target(Connection& target, const std::string& slot,
                     const std::vector<TargetSpec>& specs, bool loaded, const Logger& log) {
    put_back_indexes(target, slot, [&](const std::string& name) {
        log.info("putting back what the load took off", {fields::table(name)});
        kill_point("put_back");
    });
    if (loaded && !analyze_tables(target, specs))
        log.info("tables not analyzed, they are not this role's; autovacuum will", {});
}

void release_load_memory(RocksStore& store) {
    store.set_cache_bytes(RocksOptions{}.block_cache_bytes);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace crossfade
