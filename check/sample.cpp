#include "check/sample.hpp"

#include "check/row_trial.hpp"

#include "model/json.hpp"
#include "pipeline/load_ahead.hpp"
#include "pipeline/root_name.hpp"
#include "pipeline/state_view.hpp"
#include "transforms/derivation.hpp"

#include <algorithm>
#include <set>

namespace crossfade {

namespace {

// A state in which nothing is derived: what is asked of a parent is derived when it is asked.
class SampleView : public StateView {
public:
    SampleView(const Program& program, const Reader& reader)
        : StateView{program, reader}, program_{program} {}

    std::optional<ParentView> parent(EntityIndex entity, const KeyBytes& root) override {
        const auto name = std::pair{entity, root};
        if (const auto known = parents_.find(name); known != parents_.end()) return known->second;
        if (!open_.insert(name).second) return std::nullopt;
        std::optional<ParentView> found;
        if (open_.size() > kDepthMax) {
            if (const auto id = computed_id(program_, entity, root, *this))
                found = ParentView{*id, true};
        } else {
            const Outcome outcome = derive(program_, entity, root, *this);
            if (outcome.state != RootState::gone)
                found = ParentView{outcome.id, outcome.state == RootState::row};
        }
        open_.erase(name);
        if (parents_.size() >= kKeptMax) parents_.clear();
        parents_.emplace(name, found);
        return found;
    }

private:
    static constexpr std::size_t kDepthMax = 200;  // of a tree; above it, a row is taken to stand
    static constexpr std::size_t kKeptMax = 100'000;
    const Program& program_;
    std::map<std::pair<EntityIndex, KeyBytes>, std::optional<ParentView>> parents_;
    std::set<std::pair<EntityIndex, KeyBytes>> open_;
};

std::set<KeyBytes> first_roots(const Program& program, const Reader& images, EntityIndex entity,
                               std::size_t roots_max) {
    std::set<KeyBytes> roots;
    WorkItem item;
    item.kind = WorkItem::Kind::load;
    item.entity = entity;
    std::optional<WorkItem> next = item;
    while (next && roots.size() < roots_max) {
        const LoadChunk chunk = next_load_chunk(program, images, *next, roots_max);
        for (const KeyBytes& root : chunk.roots) {
            if (roots.size() < roots_max) roots.insert(root);
        }
        next = chunk.rest;
    }
    return roots;
}

// The session only reads meanwhile.
class ReadOnly {
public:
    explicit ReadOnly(Connection& connection) : connection_{connection} {
        connection_.exec("SET default_transaction_read_only = on");
    }
    ~ReadOnly() {
        try {
            connection_.exec("SET default_transaction_read_only = off");
        } catch (const Failure&) {
            // Lost: the next who asks is told.
        }
    }
    ReadOnly(const ReadOnly&) = delete;
    ReadOnly& operator=(const ReadOnly&) = delete;

private:
    Connection& connection_;
};

class Sampling {
public:
    Sampling(const Program& program, const Reader& images, Connection& target)
        : program_{program}, images_{images}, view_{program, images}, target_{target} {}

    Sample::Entity entity(EntityIndex index, std::size_t roots_max) {
        Sample::Entity found;
        found.name = program_.entities[index].name;
        RowTrial trial{target_, program_.entities[index].target};
        for (const KeyBytes& root : first_roots(program_, images_, index, roots_max)) {
            ++found.roots;
            take(index, root, trial, found);
        }
        return found;
    }

private:
    void take(EntityIndex index, const KeyBytes& root, RowTrial& trial, Sample::Entity& found) {
        Outcome outcome = derive(program_, index, root, view_);
        const auto note = [&](std::map<std::string, Sample::Reason>& reasons,
                              const std::string& reason) {
            Sample::Reason& known = reasons[reason];
            if (known.count++ == 0) known.example = display_root(program_, root);
        };
        switch (outcome.state) {
            case RootState::gone: --found.roots; break;
            case RootState::filtered: ++found.filtered; break;
            case RootState::parked:
                ++found.parked;
                note(found.parked_for, outcome.reason);
                break;
            case RootState::rejected:
                ++found.refused;
                note(found.refused_for, outcome.reason);
                break;
            case RootState::row:
                leave_secrets(index, root, outcome);
                if (const auto reason = trial.refusal(outcome.id, outcome.values)) {
                    ++found.refused;
                    note(found.refused_for, *reason);
                } else {
                    ++found.applied;
                }
                break;
        }
    }

    // What stands in a deferred column until it is filled.
    void leave_secrets(EntityIndex index, const KeyBytes& root, Outcome& outcome) {
        const auto& columns = program_.entities[index].target.columns;
        for (std::uint32_t i = 0; i < columns.size(); ++i) {
            if (columns[i].kind == ColumnSpec::Kind::deferred)
                outcome.values[i] = until_value(program_, index, root, i, view_);
        }
    }

    const Program& program_;
    const Reader& images_;
    SampleView view_;
    Connection& target_;
};

using Reasons = std::map<std::string, Sample::Reason>;

std::string json_of(const Reasons& reasons) {
    std::vector<std::string> list;
    for (const auto& [reason, known] : reasons) {
        list.push_back(json_object({{"reason", json_quote(reason)},
                                    {"count", std::to_string(known.count)},
                                    {"example", json_quote(known.example)}})
                           .text);
    }
    return json_array(list).text;
}

}  // namespace

Sample take_sample(const Program& program, const Reader& images, Connection& target,
                   std::size_t roots_max) {
    const ReadOnly reading{target};
    Sampling sampling{program, images, target};
    Sample sample;
    for (EntityIndex i = 0; i < program.entities.size(); ++i)
        sample.entities.push_back(sampling.entity(i, roots_max));
    return sample;
}

std::string to_text(const Sample& sample) {
    std::size_t width = 0;
    for (const Sample::Entity& entity : sample.entities)
        width = std::max(width, entity.name.size());
    const auto padded = [](const std::string& text) {
        return std::string(text.size() < 10 ? 10 - text.size() : 0, ' ') + text;
    };
    std::string text = "a sample of each entity, and what a load makes of it\n    " +
                       std::string(width, ' ') +
                       "     roots   applied  filtered    parked   refused\n";
    for (const Sample::Entity& entity : sample.entities) {
        text += "    " + entity.name + std::string(width - entity.name.size(), ' ');
        for (const std::uint64_t count :
             {entity.roots, entity.applied, entity.filtered, entity.parked, entity.refused})
            text += padded(std::to_string(count));
        text += '\n';
    }
    for (const Sample::Entity& entity : sample.entities) {
        const auto add = [&](const char* what, const Reasons& reasons) {
            for (const auto& [reason, known] : reasons) {
                text += "    " + entity.name + " " + what + ": " + reason + ", " +
                        std::to_string(known.count) + ", such as " + known.example + '\n';
            }
        };
        add("parked", entity.parked_for);
        add("refused", entity.refused_for);
    }
    return text;
}

std::string to_json(const Sample& sample) {
    std::vector<std::pair<std::string, std::string>> entities;
    for (const Sample::Entity& entity : sample.entities) {
        entities.emplace_back(entity.name,
                              json_object({{"roots", std::to_string(entity.roots)},
                                           {"applied", std::to_string(entity.applied)},
                                           {"filtered", std::to_string(entity.filtered)},
                                           {"parked", std::to_string(entity.parked)},
                                           {"refused", std::to_string(entity.refused)},
                                           {"parked_for", json_of(entity.parked_for)},
                                           {"refused_for", json_of(entity.refused_for)}})
                                  .text);
    }
    return json_object(entities).text;
}

}  // namespace crossfade
