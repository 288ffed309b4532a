// The part of Applier that others ask for: tasks on its thread, between two batches.
#include "service/applier.hpp"

namespace crossfade {

void Applier::execute(const std::function<void()>& task) {
    tasks_.execute(task, [this] { wake(); });
}

void Applier::repair(const std::vector<RootRef>& roots) {
    execute_on_road([&] { road_.derive_roots(*writer_, roots); });
}

std::string Applier::take_unknown(EntityIndex entity, const Uuid& id) {
    std::string outcome;
    execute_on_road([&] { outcome = road_.take_unknown(*writer_, entity, id); });
    return outcome;
}

void Applier::execute_on_road(const std::function<void()>& task) {
    execute([this, &task] {
        try {
            connect();
            task();
        } catch (const Failure& failure) {
            disconnect();  // nothing is known of the batch: recover before the next
            if (next_step(failure.error().kind()) == NextStep::halt)
                task_failure_ = std::current_exception();
            throw;
        }
    });
}

}  // namespace crossfade
