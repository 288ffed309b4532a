#include "service/adoption.hpp"

#include "model/key.hpp"
#include "pipeline/claims.hpp"
#include "pipeline/state_view.hpp"
#include "postgres/copy.hpp"
#include "postgres/copy_text.hpp"
#include "postgres/quote.hpp"
#include "service/early_view.hpp"
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
        EarlyView early{program_, view_, entity, true};
        each_root(program_, store_, entity, [&](const KeyBytes& root) {
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

    // A row that the map of an earlier state knows is nobody's to adopt.
    bool is_known(EntityIndex entity, const Uuid& id) const {
        return root_of_row(program_, store_, entity, id).has_value();
    }
    bool has_row(EntityIndex entity, const KeyBytes& root) const {
        const auto record = view_.record(entity, root);
        return record && record->present;
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
        if (is_known(entity, *id)) return;
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

    void keep(EntityIndex entity, const Uuid& computed, const AdoptedRow& row) {
        const auto root = roots_.find(computed);
        if (!taken_.insert(computed).second ||
            (root != roots_.end() && has_row(entity, root->second.first))) {
            ++report_.ambiguous;
            return;
        }
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
