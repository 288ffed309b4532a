// What an aggregate goes over, compiled. Internal to the compiler.
#pragma once

#include "transforms/evaluate.hpp"

#include "model/key.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace crossfade::compiler {

// One member's bodies, compiled per slot.
struct Body {
    Eval value;
    Eval filter;
    std::vector<std::pair<Eval, bool>> order;
};

// What an aggregate goes over: the members of an index under a key, each once or once for each slot
// of a view.
struct Source {
    RelationIndex relation = 0;
    IndexId index = 0;
    std::size_t frame_slot = 0;
    std::vector<Eval> at;  // empty: the root's own key
    bool view = false;
    std::vector<Body> bodies;  // per slot

    template <class Visit>
    void each(Frame& frame, const Visit& visit) const {
        KeyBytes key = at.empty() ? frame.root : KeyBytes{};
        for (const Eval& part : at) {
            const Value value = part(frame);
            if (is_null(value)) return;
            append_key(key, value);
        }
        frame.members(index, relation, key, [&](const RowRef& member) {
            const std::size_t first = view ? 0 : std::min<std::size_t>(member.slot, last());
            const std::size_t end = view ? bodies.size() : first + 1;
            for (std::size_t slot = first; slot < end; ++slot) {
                const auto place = view ? static_cast<std::uint8_t>(slot) : member.slot;
                // Set for every slot: what is evaluated may go over the same members.
                frame.rows[frame_slot] = member;
                frame.rows[frame_slot].slot = place;
                const Body& body = bodies[slot];
                if (body.filter && !is_true(body.filter(frame))) continue;
                visit(body, frame.rows[frame_slot]);
            }
            return true;
        });
    }

private:
    std::size_t last() const { return bodies.size() - 1; }
};

}  // namespace crossfade::compiler
