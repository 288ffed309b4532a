#include "service/adoption.hpp"

#include "model/key.hpp"
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
constexpr std::size_t kWriteBytes = std::size_t{1} << 20;
constexpr std::size_t kExamplesMax = 10;

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
    std::optional<AdoptedRow> adopted(EntityIndex entity, const Uuid& computed) override {
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
        : program_{program}, target_{target}, store_{store}, view_{program, store} {}

    AdoptionReport run(EntityIndex entity) {
        report_ = {};
        roots_.clear();
        by_text_.clear();
        taken_.clear();
        guarded_.clear();
        const EntityProgram& program = program_.entities[entity];
        column_ = program.adopt->parent.empty() ? kNone : parent_column(program);
        read_roots(entity);
        read_target(entity);
        flush();
        count_rest();
        return report_;
    }

private:
    static std::uint32_t parent_column(const EntityProgram& program) {
        const std::string& name = program.adopt->parent;
        for (std::uint32_t i = 0; i < program.target.columns.size(); ++i) {
            if (program.target.columns[i].name == name) return i;
        }
        throw Failure{Error{ErrorKind::configuration, "entities." + program.name + ".adopt: \"" +
                                                          name + "\" is no column of this entity"}};
    }

    // Every root by its computed id, and by the text that finds it: the old key, or its parent's
    // id.
    void read_roots(EntityIndex entity) {
        const EntityProgram& program = program_.entities[entity];
        EarlyView early{program_, view_, entity, true};
        each_root(program, [&](const KeyBytes& root) {
            const Outcome outcome = derive(program_, entity, root, early);
            if (outcome.computed == Uuid{}) return;
            roots_.emplace(outcome.computed, std::pair{root, outcome.members});
            // Of several roots with one text the first.
            if (column_ == kNone) {
                for (const std::string& text : adopt_matches(program_, entity, root, early))
                    by_text_.emplace(text, outcome.computed);
            } else if (outcome.values.size() > column_ && !is_null(outcome.values[column_])) {
                by_text_.emplace(std::get<std::string>(text_of(outcome.values[column_])),
                                 outcome.computed);
            }
        });
    }

    // SELECT id, old key, and for each guarded column whether its value is the earlier migration's.
    std::string select(const EntityProgram& program) {
        const TargetSpec& spec = program.target;
        const std::string id = quote_identifier(spec.id_column);
        const bool by_parent = column_ != kNone;
        const std::string from =
            by_parent ? quote_identifier(program.adopt->parent) : program.adopt->from;
        const std::string where = by_parent ? from + " IS NOT NULL" : program.adopt->where;
        std::string sql = "COPY (SELECT " + id + "::text, (" + from + "\n)::text";
        for (std::uint32_t i = 0; i < spec.columns.size(); ++i) {
            if (spec.columns[i].adopted.empty()) continue;
            guarded_.push_back(i);
            sql += ", (" + spec.columns[i].adopted + "\n)::boolean::text";
        }
        return sql + " FROM " + quote_table(spec.schema, spec.table) +
               (where.empty() ? "" : " WHERE (" + where + "\n)") + " ORDER BY " + id +
               ") TO STDOUT";
    }

    void read_target(EntityIndex entity) {
        const EntityProgram& program = program_.entities[entity];
        FlagSet flags;
        Frame frame{view_, flags, program.rows, program.values};
        const std::string sql = select(program);
        try {
            copy_out(target_, sql, [&](std::string_view line) {
                std::vector<std::optional<std::string>> fields(2 + guarded_.size());
                split_copy_line(line, buffer_, [&](std::size_t at, auto field) {
                    if (field && at < fields.size()) fields[at] = std::string{*field};
                });
                take_row(entity, fields, frame);
            });
        } catch (const Failure& failure) {
            Error error = failure.error();
            if (!error.sqlstate().empty() && next_step(error.kind()) != NextStep::retry)
                error = Error{ErrorKind::configuration, error.message(), error.sqlstate()};
            error.within("entities." + program.name + ".adopt");
            throw Failure{error};
        }
    }

    void take_row(EntityIndex entity, const std::vector<std::optional<std::string>>& fields,
                  Frame& frame) {
        const EntityProgram& program = program_.entities[entity];
        const auto id = Uuid::parse(fields[0].value_or(""));
        if (!id) {
            throw Failure{Error{ErrorKind::configuration, "column " + program.target.id_column +
                                                              " of " + program.target.schema + "." +
                                                              program.target.table +
                                                              " is no uuid"}};
        }
        std::optional<Uuid> computed;
        if (program.adopt->to) {
            computed = fields[1] ? name_of(program, frame, *fields[1]) : std::nullopt;
        } else {
            const auto found = fields[1] ? by_text_.find(*fields[1]) : by_text_.end();
            if (found != by_text_.end()) computed = found->second;
            if (roots_.contains(*id)) computed = *id;  // an earlier load of the bridge itself
            // By a parent: a row of somebody who was born on the target.
            if (!computed && column_ != kNone) return;
        }
        ++report_.rows;
        if (!computed) {
            ++report_.unusable;
            return;
        }
        AdoptedRow row{*id, {}};
        for (std::size_t i = 0; i < guarded_.size(); ++i) {
            if (fields[i + 2] != "true") row.others.insert(guarded_[i]);
        }
        keep(entity, *computed, row);
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
                KeyBytes root{keys::first_parts(whole, parts)};
                if (root != last) each(root);
                last = std::move(root);
                return true;
            });
        }
    }

    void keep(EntityIndex entity, const Uuid& computed, const AdoptedRow& row) {
        if (!taken_.insert(computed).second) {
            ++report_.ambiguous;
            return;
        }
        const auto root = roots_.find(computed);
        if (computed == row.id) {
            ++report_.own;
        } else if (root == roots_.end()) {
            ++report_.gone;
        } else {
            ++report_.adopted;
            report_.merged += root->second.second - 1;
            example(report_.adopted_keys, root->second.first);
            if (root->second.second > 1) example(report_.merged_keys, root->second.first);
        }
        pending_.put(Family::meta, keys::adopted(entity, computed), encode_adopted(row));
        if (root != roots_.end())
            pending_.put(Family::meta, keys::adopter(entity, row.id), root->second.first);
        if (pending_.bytes() >= kWriteBytes) flush();
    }

    void count_rest() {
        for (const auto& [computed, root] : roots_) {
            if (taken_.contains(computed)) continue;
            ++report_.rebuilt;
            example(report_.rebuilt_keys, root.first);
        }
    }

    static void example(std::vector<std::string>& examples, const KeyBytes& root) {
        if (examples.size() < kExamplesMax) examples.push_back(display_key(root));
    }

    void flush() {
        store_.write(pending_, true);
        pending_.clear();
    }

    const Program& program_;
    Connection& target_;
    Store& store_;
    StateView view_;
    // Of the entity at hand: roots by computed id, with how many rows feed them.
    std::map<Uuid, std::pair<KeyBytes, std::uint64_t>> roots_;
    std::map<std::string, Uuid> by_text_;
    std::set<Uuid> taken_;
    std::vector<std::uint32_t> guarded_;  // columns with a condition
    std::uint32_t column_ = kNone;        // of the parent
    WriteSet pending_;
    AdoptionReport report_;
    std::string buffer_;
};
}  // namespace

std::vector<AdoptionReport> adopt(const Program& program, Connection& target, Store& store) {
    std::vector<AdoptionReport> reports(program.entities.size());
    Adoption adoption{program, target, store};
    for (EntityIndex entity = 0; entity < program.entities.size(); ++entity) {
        if (program.entities[entity].adopt) reports[entity] = adoption.run(entity);
    }
    return reports;
}

}  // namespace crossfade
