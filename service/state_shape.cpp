#include "service/state_shape.hpp"

#include "pipeline/position.hpp"
#include "pipeline/shape_things.hpp"
#include "pipeline/work_queue.hpp"
#include "service/initial_load.hpp"
#include "state/keys.hpp"
#include "transforms/shape_text.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace crossfade {

namespace {
using Kind = ShapeThing::Kind;

Things numbered_as_they_stand(const std::vector<ShapeThing>& shape) {
    Things things;
    std::map<Scope, std::uint32_t> next;
    for (const ShapeThing& thing : shape)
        things.push_back({thing, next[scope_of(thing)]++, false});
    return things;
}

[[noreturn]] void refuse(const std::string& difference) {
    throw Failure{Error{
        ErrorKind::trust,
        "the mapping, or the source's tables it reads, changed since the load (" + difference + ")"}
                      .with_hint("bring the old mapping back, or `crossfade drop --state` and load "
                                 "again: rows keep their ids")};
}

// What the state keeps of these is not looked at any more when they are gone.
bool may_go(Kind kind) {
    switch (kind) {
        case Kind::look_up:
        case Kind::relation:
        case Kind::column:
        case Kind::index:
        case Kind::node:
        case Kind::target_column: return true;
        case Kind::rule:
        case Kind::entity:
        case Kind::parent:
        case Kind::claim: break;
    }
    return false;
}

// "plus(p.id) of entities.people (2)" without its number. Names that end so are told apart by their
// place in the mapping alone.
std::string base_of(const std::string& name) {
    const std::size_t space = name.rfind(" (");
    const bool counted = space != std::string::npos && name.ends_with(')') &&
                         name.find_first_not_of("0123456789", space + 2) == name.size() - 1;
    return counted ? name.substr(0, space) : name;
}

// The things of the mapping that are not told apart by their names, in order.
Things alike(const Things& things) {
    using Base = std::tuple<Kind, std::string, std::string>;
    const auto base = [](const ShapeThing& thing) {
        return Base{thing.kind, thing.owner, base_of(thing.name)};
    };
    std::map<Base, int> counts;
    for (const NumberedThing& numbered : things)
        counts[base(numbered.thing)] += numbered.gone ? 0 : 1;
    Things result;
    for (const NumberedThing& numbered : things) {
        if (!numbered.gone && counts[base(numbered.thing)] > 1) result.push_back(numbered);
    }
    return result;
}

class Matching {
public:
    explicit Matching(const Things& before) : before_{before}, used_(before.size(), false) {
        for (const NumberedThing& numbered : before) {
            auto& next = next_[scope_of(numbered.thing)];
            next = std::max(next, numbered.number + 1);
        }
    }

    // The things of `shape`, then those that are gone. Throws if one may not come or go.
    Things match(const std::vector<ShapeThing>& shape) {
        Things result;
        for (const ShapeThing& thing : shape)
            result.push_back({thing, number_of(thing), false});
        for (std::size_t i = 0; i < before_.size(); ++i) {
            if (used_[i]) continue;
            NumberedThing left = before_[i];
            if (!left.gone) {
                const std::string line = "no longer: " + left.thing.line();
                if (!may_go(left.thing.kind)) refuse(line);
                tell(left.thing, line);
            }
            left.gone = true;
            result.push_back(std::move(left));
        }
        const Things now = alike(result);
        const Things then = alike(before_);
        const auto [was, is] = std::ranges::mismatch(then, now);
        if (was != then.end()) refuse("no longer, or in another order: " + was->thing.line());
        return result;
    }

    // What match() found: each as a line, and what is new.
    const std::vector<std::string>& changes() const { return changes_; }
    const std::vector<ShapeThing>& came() const { return came_; }

private:
    // Of what a mapping names itself.
    void tell(const ShapeThing& thing, const std::string& line) {
        if (thing.kind == Kind::relation || thing.kind == Kind::column ||
            thing.kind == Kind::target_column)
            changes_.push_back(line);
    }

    std::uint32_t number_of(const ShapeThing& thing) {
        for (std::size_t i = 0; i < before_.size(); ++i) {
            const NumberedThing& known = before_[i];
            if (used_[i] || known.gone || scope_of(known.thing) != scope_of(thing) ||
                known.thing.name != thing.name)
                continue;
            if (known.thing.details != thing.details)
                refuse("no longer: " + known.thing.line() + "; new: " + thing.line());
            used_[i] = true;
            return known.number;
        }
        if (!thing.may_come) refuse("new: " + thing.line());
        tell(thing, "new: " + thing.line());
        came_.push_back(thing);
        return next_[scope_of(thing)]++;
    }

    const Things& before_;
    std::vector<bool> used_;
    std::map<Scope, std::uint32_t> next_;
    std::vector<std::string> changes_;
    std::vector<ShapeThing> came_;
};

// Whether the work is about something that the program still has. `item` is as stored.
bool is_known(const WorkItem& item, const StateNumbers& numbers) {
    switch (item.kind) {
        case WorkItem::Kind::expand: return numbers.nodes.ordinal(item.node).has_value();
        case WorkItem::Kind::reindex: return numbers.indexes.ordinal(item.node).has_value();
        case WorkItem::Kind::deferred: {
            const auto entity = numbers.entities.ordinal(item.entity);
            return entity && numbers.target_columns[*entity].ordinal(item.column).has_value();
        }
        case WorkItem::Kind::load:
        case WorkItem::Kind::root:
        case WorkItem::Kind::outcome:
        case WorkItem::Kind::again: break;
    }
    return true;
}

// Cursors are keys in the numbers of the program that wrote them: such work begins anew.
void renew_work(Overlay& state, const StateNumbers& numbers) {
    std::vector<WorkItem> items;
    for (const WorkQueue queue : {WorkQueue::work, WorkQueue::waiting, WorkQueue::deferred}) {
        scan_work(state, queue, [&](const WorkItem& item) {
            if (!is_known(item, numbers) || !item.cursor.empty()) items.push_back(item);
            return true;
        });
    }
    for (WorkItem& item : items) {
        if (!is_known(item, numbers)) {
            remove_work(state, item);
            continue;
        }
        item.cursor.clear();
        item.walked = 0;
        put_numbered_work(state, state.staged(), item);
    }
}

void queue_again(Overlay& state, const Things& things, const std::vector<ShapeThing>& came) {
    std::set<std::string> entities;
    for (const ShapeThing& thing : came) {
        if (thing.kind == Kind::target_column) entities.insert(thing.owner);
    }
    for (const NumberedThing& numbered : things) {
        if (numbered.gone || numbered.thing.kind != Kind::entity ||
            !entities.contains(numbered.thing.name))
            continue;
        WorkItem item;
        item.kind = WorkItem::Kind::again;
        item.entity = numbered.number;
        put_work(state, state.staged(), item, read_position(state).applied.lsn);
    }
}

bool is_deriving(const Reader& state) {
    const auto first = first_work(state, WorkQueue::work);
    return first && first->kind == WorkItem::Kind::load;
}

}  // namespace

StateNumbers require_shape(const Context& context, const Reader& state) {
    const std::vector<ShapeThing> shape = shape_of(context.mapping, *context.program);
    const auto stored = state.get(Family::meta, keys::kMappingShape);
    if (!stored) return {};
    const Things before = decode_things(*stored);
    Matching matching{before};
    const Things now = matching.match(shape);
    if (now == before) return state_numbers(now, *context.program);
    const std::string difference =
        matching.changes().empty() ? "another order" : matching.changes().front();
    throw Failure{Error{ErrorKind::trust,
                        "the mapping changed since the service last read it (" + difference + ")"}
                      .with_hint("restart `crossfade run`: it can go on with this mapping")};
}

TakenShape take_shape(const Context& context, Store& state) {
    const std::vector<ShapeThing> shape = shape_of(context.mapping, *context.program);
    const auto stored = state.get(Family::meta, keys::kMappingShape);
    TakenShape taken;
    Overlay changed{state};
    if (!stored || !has_images(state)) {
        const Things things = numbered_as_they_stand(shape);
        taken.numbers = state_numbers(things, *context.program);
        changed.staged().put(Family::meta, std::string{keys::kMappingShape}, encode_things(things));
    } else {
        const Things before = decode_things(*stored);
        Matching matching{before};
        const Things now = matching.match(shape);
        taken.numbers = state_numbers(now, *context.program);
        if (now == before) return taken;
        taken.changes = matching.changes();
        if (is_deriving(state))
            refuse((taken.changes.empty() ? "another order" : taken.changes.front()) +
                   "; the load is not finished");
        renew_work(changed, taken.numbers);
        queue_again(changed, now, matching.came());
        changed.staged().put(Family::meta, std::string{keys::kMappingShape}, encode_things(now));
    }
    state.write(changed.staged(), true);
    return taken;
}

}  // namespace crossfade
