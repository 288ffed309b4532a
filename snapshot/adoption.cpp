#include "snapshot/adoption.hpp"

#include "pipeline/state_view.hpp"
#include "postgres/copy.hpp"
#include "postgres/copy_text.hpp"
#include "postgres/quote.hpp"
#include "state/keys.hpp"
#include "transforms/derivation.hpp"
#include "transforms/functions/uuid5.hpp"

#include <map>
#include <optional>
#include <set>

namespace crossfade {

namespace {
constexpr std::size_t kWriteRows = 10'000;

// What derivations may see before anything is derived: parents by the ids they will have.
class EarlyView : public View {
public:
    // `own`: the entity whose roots show their computed ids; kNone: all show the adopted ones.
    // `parents`: whether parents are there at all; what is asked of a parent is its id alone, which
    // needs none of its own parents.
    EarlyView(const Program& program, StateView& state, EntityIndex own, bool parents)
        : program_{program}, state_{state}, own_{own}, parents_{parents} {}

    std::shared_ptr<const Row> image(RelationIndex relation, const KeyBytes& key) override {
        return state_.image(relation, key);
    }
    void members(IndexId index, const KeyBytes& key,
                 const std::function<bool(const Member&)>& each) override {
        state_.members(index, key, each);
    }
    std::optional<KeyBytes> key_of(IndexId index, const Member& member) override {
        return state_.key_of(index, member);
    }
    std::optional<ParentView> parent(EntityIndex entity, const KeyBytes& root) override {
        if (!parents_) return std::nullopt;
        EarlyView ids{program_, state_, kNone, false};
        const Outcome outcome = derive(program_, entity, root, ids);
        if (outcome.id == Uuid{}) return std::nullopt;
        return ParentView{outcome.id, true};
    }
    std::optional<Uuid> adopted(EntityIndex entity, const Uuid& computed) override {
        if (entity == own_) return std::nullopt;
        return state_.adopted(entity, computed);
    }

private:
    const Program& program_;
    StateView& state_;
    EntityIndex own_;
    bool parents_;
};

class Adoption {
public:
    Adoption(const Program& program, Connection& target, Store& store)
        : program_{program},
          target_{target},
          store_{store},
          view_{program, store},
          ids_(program.entities.size()) {}

    AdoptionCounts run(EntityIndex entity) {
        counts_ = {};
        if (program_.entities[entity].adopt->parent.empty())
            by_key(entity);
        else
            by_parent(entity);
        flush();
        return counts_;
    }

private:
    using EachPair = std::function<void(const Uuid& id, const std::optional<std::string>& text)>;

    // The ids of the target's rows with a text for each, in the order of the ids.
    void read_target(EntityIndex entity, const std::string& text, const std::string& where,
                     const EachPair& each) {
        const TargetSpec& spec = program_.entities[entity].target;
        const std::string id = quote_identifier(spec.id_column);
        const std::string sql = "COPY (SELECT " + id + "::text, (" + text + "\n)::text FROM " +
                                quote_table(spec.schema, spec.table) +
                                (where.empty() ? "" : " WHERE (" + where + "\n)") + " ORDER BY " +
                                id + ") TO STDOUT";
        try {
            copy_out(target_, sql, [&](std::string_view line) {
                std::optional<std::string> fields[2];
                split_copy_line(line, buffer_, [&](std::size_t at, auto field) {
                    if (field && at < 2) fields[at] = std::string{*field};
                });
                const auto parsed = Uuid::parse(fields[0].value_or(""));
                if (!parsed) {
                    throw Failure{Error{ErrorKind::configuration, "column " + spec.id_column +
                                                                      " of " + spec.schema + "." +
                                                                      spec.table + " is no uuid"}};
                }
                each(*parsed, fields[1]);
            });
        } catch (const Failure& failure) {
            Error error = failure.error();
            if (!error.sqlstate().empty() && next_step(error.kind()) != NextStep::retry)
                error = Error{ErrorKind::configuration, error.message(), error.sqlstate()};
            error.within("entities." + spec.entity + ".adopt");
            throw Failure{error};
        }
    }

    void by_key(EntityIndex entity) {
        const EntityProgram& program = program_.entities[entity];
        FlagSet flags;
        Frame frame{view_,
                    flags,
                    std::vector<RowRef>(std::max<std::size_t>(program.rows, 1)),
                    std::vector<Value>(program.values),
                    {},
                    {},
                    nullptr,
                    {}};
        read_target(entity, program.adopt->from, program.adopt->where,
                    [&](const Uuid& id, const std::optional<std::string>& old_key) {
                        ++counts_.rows;
                        const auto computed =
                            old_key ? name_of(program, frame, *old_key) : std::nullopt;
                        if (computed)
                            keep(entity, *computed, id);
                        else
                            ++counts_.unusable;
                    });
    }

    std::optional<Uuid> name_of(const EntityProgram& program, Frame& frame,
                                const std::string& old_key) {
        frame.values[program.adopt_value] = old_key;
        try {
            const Value name = text_of(program.adopt_to(frame));
            if (const auto* text = std::get_if<std::string>(&name))
                return uuid_v5(program_.name_space, *text);
        } catch (const Reject&) {
            // counted as unusable
        }
        return std::nullopt;
    }

    // Rows of the target that refer to an adopted parent belong to the root whose parent that is.
    void by_parent(EntityIndex entity) {
        const EntityProgram& program = program_.entities[entity];
        const std::string& name = program.adopt->parent;
        const auto& parents = program.variants.front().parents;
        const auto parent = std::find_if(parents.begin(), parents.end(), [&](const auto& p) {
            return program.target.columns[p.column].name == name;
        });
        if (parent == parents.end()) {
            throw Failure{Error{ErrorKind::configuration, "entities." + program.name +
                                                              ".adopt: \"" + name +
                                                              "\" is no column under parents:"}};
        }
        const std::set<Uuid>& adopted_parents = ids_[parent->of];
        if (adopted_parents.empty()) return;
        std::map<Uuid, Uuid> child_of;
        const std::string column = quote_identifier(name);
        read_target(entity, column, column + " IS NOT NULL",
                    [&](const Uuid& id, const std::optional<std::string>& text) {
                        const auto of = Uuid::parse(text.value_or(""));
                        if (!of || !adopted_parents.contains(*of)) return;
                        ++counts_.rows;
                        if (!child_of.emplace(*of, id).second) ++counts_.ambiguous;
                    });
        std::map<Uuid, Uuid> taken;  // parent -> computed id of the root that has its child
        EarlyView early{program_, view_, entity, true};
        each_root(program, [&](const KeyBytes& root) {
            const Outcome outcome = derive(program_, entity, root, early);
            if (outcome.values.size() <= parent->column) return;
            const auto* of = std::get_if<Uuid>(&outcome.values[parent->column]);
            const auto child = of != nullptr ? child_of.find(*of) : child_of.end();
            if (child == child_of.end()) return;
            const auto [entry, first] = taken.emplace(*of, outcome.id);
            if (first)
                keep(entity, outcome.id, child->second);
            else if (entry->second != outcome.id)
                ++counts_.ambiguous;
        });
    }

    // Roots in the order of their keys, per relation that feeds them; parked ones of a group left
    // out, since they have no id.
    void each_root(const EntityProgram& entity, const std::function<void(const KeyBytes&)>& each) {
        if (entity.root_kind == EntityProgram::RootKind::row) {
            const std::string prefix = keys::image_prefix(entity.relation);
            store_.scan(Family::images, prefix, {}, [&](std::string_view entry, std::string_view) {
                each(KeyBytes{entry.substr(prefix.size())});
                return true;
            });
            return;
        }
        for (const IndexId index : entity.member_indexes) {
            const std::string prefix = keys::index_prefix(index);
            const std::size_t parts = program_.indexes[index].key.front().size();
            KeyBytes last;
            store_.scan(Family::edges, prefix, {}, [&](std::string_view entry, std::string_view) {
                const std::string_view whole = entry.substr(prefix.size());
                if (is_unresolved(whole)) return true;
                std::string_view rest = whole;
                for (std::size_t part = 0; part < parts; ++part)
                    take_key_value(rest);
                KeyBytes root{whole.substr(0, whole.size() - rest.size())};
                if (root != last) each(root);
                last = std::move(root);
                return true;
            });
        }
    }

    void keep(EntityIndex entity, const Uuid& computed, const Uuid& id) {
        if (computed == id) {
            ++counts_.own;
            return;
        }
        std::string key = adopted_key(entity, computed);
        const std::string value = keys::target(id);
        const auto pending = pending_.find(key);
        const auto known = pending != pending_.end() ? std::optional{pending->second}
                                                     : store_.get(Family::meta, key);
        if (known && *known != value) {
            ++counts_.ambiguous;
            return;
        }
        ++counts_.adopted;
        ids_[entity].insert(id);
        if (!known) pending_.emplace(std::move(key), value);
        if (pending_.size() >= kWriteRows) flush();
    }

    void flush() {
        if (pending_.empty()) return;
        WriteSet set;
        for (auto& [key, value] : pending_)
            set.put(Family::meta, key, value);
        store_.write(set, true);
        pending_.clear();
    }

    const Program& program_;
    Connection& target_;
    Store& store_;
    StateView view_;
    std::vector<std::set<Uuid>> ids_;  // adopted, by entity
    std::map<std::string, std::string> pending_;
    AdoptionCounts counts_;
    std::string buffer_;
};
}  // namespace

std::vector<AdoptionCounts> adopt(const Program& program, Connection& target, Store& store) {
    std::vector<AdoptionCounts> counts(program.entities.size());
    Adoption adoption{program, target, store};
    for (EntityIndex entity = 0; entity < program.entities.size(); ++entity) {
        if (program.entities[entity].adopt) counts[entity] = adoption.run(entity);
    }
    return counts;
}

}  // namespace crossfade
