#include "transforms/derivation.hpp"

#include "transforms/functions/uuid5.hpp"
#include "transforms/parent_reference.hpp"
#include "transforms/shape.hpp"

#include <algorithm>

namespace crossfade {

std::string_view to_string(RootState state) {
    switch (state) {
        case RootState::gone: return "gone";
        case RootState::row: return "applied";
        case RootState::filtered: return "filtered";
        case RootState::parked: return "parked";
        case RootState::rejected: return "rejected";
    }
    return "unknown";
}

namespace {

// One derivation in progress: the frame, and what the root's rows are.
class Derivation {
public:
    Derivation(const Program& program, EntityIndex index, const KeyBytes& root, View& view)
        : program_{program},
          entity_{program.entities[index]},
          index_{index},
          frame_{view, flags_, entity_.rows, entity_.values} {
        frame_.root = root;
        if (!is_unresolved(root)) frame_.key = decode_key(root);
    }

    // False: no source row feeds the root.
    bool load(Outcome& outcome) {
        const KeyBytes& root = frame_.root;
        if (is_unresolved(root)) {
            outcome.members =
                frame_.view.image(unresolved_relation(), unresolved_member(root).row) ? 1 : 0;
            return outcome.members > 0 && still_unresolved();
        }
        if (entity_.root_kind == EntityProgram::RootKind::row) {
            frame_.rows[0] = {entity_.relation, root, 0, frame_.view.image(entity_.relation, root)};
            outcome.members = frame_.rows[0].row ? 1 : 0;
            return outcome.members > 0;
        }
        for (std::size_t i = 0; i < entity_.member_indexes.size(); ++i) {
            const RelationIndex relation = entity_.member_relations[i];
            frame_.members(entity_.member_indexes[i], relation, root, [&](const RowRef& member) {
                ++outcome.members;
                if (entity_.root_kind == EntityProgram::RootKind::slot_row) {
                    frame_.rows[0] = member;
                    outcome.variant = member.slot;
                }
                return true;
            });
        }
        return outcome.members > 0;
    }

    void run(Outcome& outcome) {
        if (!load(outcome)) return;
        variant_ = &entity_.variants[outcome.variant];
        try {
            if (is_unresolved(frame_.root)) return park_unresolved(outcome);
            if (outcome.members > entity_.members_max) {
                throw Reject{"members_max: more than " + std::to_string(entity_.members_max) +
                             " members"};
            }
            fill(outcome);
        } catch (const Reject& reject) {
            outcome.state = reject.parks ? RootState::parked : RootState::rejected;
            outcome.reason = reject.reason;
        }
        outcome.flags = flags_.names();
    }

    std::optional<Uuid> computed_id() {
        Outcome outcome;
        if (is_unresolved(frame_.root) || !load(outcome)) return std::nullopt;
        variant_ = &entity_.variants[outcome.variant];
        try {
            identify(outcome);
        } catch (const Reject&) {
            return std::nullopt;
        }
        return outcome.computed;
    }

    // For a row that is gone, its key is still known: the key's columns have their values, all
    // others are NULL.
    void stand_in() {
        if (entity_.root_kind == EntityProgram::RootKind::group) return;
        const Row nulls(program_.relations[entity_.relation].columns.size(), Value{Null{}});
        frame_.rows[0] = {entity_.relation, frame_.root, 0, with_key(nulls)};
    }

    Frame& frame() { return frame_; }
    const Variant& variant() const { return *variant_; }
    void choose_variant(std::uint32_t slot) { variant_ = &entity_.variants[slot]; }

private:
    std::shared_ptr<const Row> with_key(Row row) const {
        const auto& key = program_.relations[entity_.relation].key;
        for (std::size_t i = 0; i < std::min(key.size(), frame_.key.size()); ++i)
            row[key[i]] = frame_.key[i];
        return std::make_shared<const Row>(std::move(row));
    }

    RelationIndex unresolved_relation() const {
        return program_.indexes[unresolved_index(program_, frame_.root)].relation;
    }

    bool still_unresolved() {
        const IndexId index = unresolved_index(program_, frame_.root);
        const auto key = frame_.view.key_of(index, unresolved_member(frame_.root));
        return key && *key == frame_.root;
    }

    void park_unresolved(Outcome& outcome) {
        const IndexSpec& spec = program_.indexes[unresolved_index(program_, frame_.root)];
        const Member member = unresolved_member(frame_.root);
        Frame frame{frame_.view, flags_, spec.rows, spec.values};
        frame.rows[0] = {spec.relation, member.row, member.slot,
                         frame_.view.image(spec.relation, member.row)};
        for (const RowEval& required : spec.required) {
            const RowRef ref = required(frame);
            if (ref.row) continue;
            outcome.wanted.push_back(program_.relations[ref.relation].mapping_name() + " " +
                                     display_key(ref.key));
        }
        if (outcome.wanted.empty()) {  // every row is there: the key's own expression rejects
            for (const Eval& part : spec.key[member.slot])
                part(frame);
        }
        outcome.state = RootState::parked;
        outcome.reason = "missing_parent";
    }

    void fill(Outcome& outcome) {
        if (variant_->exists && !is_true(variant_->exists(frame_))) {
            outcome.state = RootState::filtered;
            return;
        }
        identify(outcome);
        outcome.values.assign(variant_->columns.size(), Value{Null{}});
        for (std::uint32_t i = 0; i < variant_->parents.size(); ++i)
            fill_parent(outcome, i);
        if (!outcome.wanted.empty()) {
            outcome.state = RootState::parked;
            return;
        }
        for (std::uint32_t i = 0; i < variant_->columns.size(); ++i) {
            const ColumnProgram& column = variant_->columns[i];
            if (column.parent == kNone && column.kind != ColumnSpec::Kind::claim) {
                outcome.values[i] = column.value(frame_);
            }
        }
        for (std::uint32_t i = 0; i < variant_->columns.size(); ++i) {
            if (variant_->columns[i].kind == ColumnSpec::Kind::claim &&
                variant_->columns[i].parent == kNone) {
                fill_claim(outcome, i);
            }
        }
        outcome.state = RootState::row;
    }

    // Of a key with numbers the id reads 1.0 and 1.00 as one: the key's columns as the key has
    // them.
    Value name_of_id() {
        if (!entity_.rounds_key) return text_of(variant_->id(frame_));
        const std::shared_ptr<const Row> stored = frame_.rows[0].row;
        frame_.rows[0].row = with_key(*stored);
        Value name = text_of(variant_->id(frame_));
        frame_.rows[0].row = stored;
        return name;
    }

    void identify(Outcome& outcome) {
        const Value name = name_of_id();
        const auto* text = std::get_if<std::string>(&name);
        if (text == nullptr) throw Reject{"bad_value: the id's name is NULL"};
        outcome.computed = uuid_v5(program_.name_space, *text);
        outcome.adopted = frame_.view.adopted(index_, outcome.computed);
        outcome.id = outcome.adopted ? outcome.adopted->id : outcome.computed;
    }

    void fill_parent(Outcome& outcome, std::uint32_t ordinal) {
        const ParentProgram& parent = variant_->parents[ordinal];
        ParentReference reference = reference_of(program_, parent, frame_);
        const auto& root = reference.root;
        OnMissing rule = parent.missing;
        if (rule == OnMissing::null && !reference.null) rule = OnMissing::park;
        bool usable = false;
        std::optional<ParentView> seen;
        if (root) {
            const bool cycle =
                parent.self && !cycle_of(program_, index_, frame_.root, frame_.view).empty();
            if (cycle) {
                rule = parent.cycle;
                flags_.raise("parent_cycle");
                reference.wanted += " (a cycle)";
            } else {
                seen = frame_.view.parent(parent.of, *root);
                usable = seen && seen->present;
            }
        }
        if (usable) {
            outcome.values[parent.column] = seen->id;
            outcome.parents.push_back({ordinal, *root});
            return;
        }
        if (rule == OnMissing::park) {
            if (outcome.wanted.empty()) outcome.reason = parent.reason;
            outcome.wanted.push_back(std::move(reference.wanted));
            return;
        }
        if (root && rule == OnMissing::detach) flags_.raise("missing_parent");
        outcome.detached.push_back(parent.column);
    }

    Value claimed_value(std::uint32_t column, const Value& value) const {
        const auto& equality = entity_.target.columns[column].equality;
        return equality ? equality->of(value) : value;
    }

    void fill_claim(Outcome& outcome, std::uint32_t position) {
        const ColumnProgram& column = variant_->columns[position];
        const ClaimSpec& claim = program_.claims[column.claim];
        const Value wish = column.value(frame_);
        const Value fallback = column.otherwise ? column.otherwise(frame_) : Value{Null{}};
        const auto* text = std::get_if<std::string>(&wish);
        const bool reserved = column.shape && text != nullptr && column.shape->matches(*text);
        const bool wanted =
            !is_null(wish) && !reserved && (!column.condition || is_true(column.condition(frame_)));
        outcome.values[position] = wanted ? wish : fallback;
        if (!wanted) return;
        ClaimWish entry;
        entry.claim = column.claim;
        for (const std::uint32_t other : claim.within) {
            if (is_null(outcome.values[other])) return;  // NULLs are distinct: nothing to claim
            append_key(entry.value, claimed_value(other, outcome.values[other]));
        }
        append_key(entry.value, claimed_value(position, wish));
        for (const auto& [eval, descending] : column.order) {
            if (descending)
                append_key_descending(entry.order, eval(frame_));
            else
                append_key(entry.order, eval(frame_));
        }
        entry.fallback = fallback;
        outcome.wishes.push_back(std::move(entry));
    }

    const Program& program_;
    const EntityProgram& entity_;
    EntityIndex index_;
    FlagSet flags_;
    Frame frame_;
    const Variant* variant_ = nullptr;
};

// Evaluates one closure of a root's variant. NULL if the root is rejected, or if it is gone; with
// `by_key` a root that is gone is evaluated from its key alone.
template <class Use>
Value evaluate_column(const Program& program, EntityIndex entity, const KeyBytes& root, View& view,
                      const Use& use, bool by_key = false) {
    Derivation derivation{program, entity, root, view};
    Outcome outcome;
    if (is_unresolved(root)) return Null{};
    if (!derivation.load(outcome)) {
        if (!by_key) return Null{};
        derivation.stand_in();
    }
    derivation.choose_variant(outcome.variant);
    try {
        return use(derivation.variant(), derivation.frame());
    } catch (const Reject&) {
        return Null{};
    }
}

}  // namespace

Outcome derive(const Program& program, EntityIndex entity, const KeyBytes& root, View& view) {
    Outcome outcome;
    Derivation{program, entity, root, view}.run(outcome);
    return outcome;
}

std::optional<Uuid> computed_id(const Program& program, EntityIndex entity, const KeyBytes& root,
                                View& view) {
    return Derivation{program, entity, root, view}.computed_id();
}

void settle_claims(const Program& program, EntityIndex entity, Outcome& outcome,
                   const std::vector<bool>& held) {
    const auto& columns = program.entities[entity].variants[outcome.variant].columns;
    for (std::size_t i = 0; i < outcome.wishes.size(); ++i) {
        if (held[i]) continue;
        const std::uint32_t column = program.claims[outcome.wishes[i].claim].column;
        outcome.values[column] = outcome.wishes[i].fallback;
        outcome.flags.insert(columns[column].flag);
    }
}

Value vacated_value(const Program& program, EntityIndex entity, const KeyBytes& root,
                    std::uint32_t column, View& view, bool by_key) {
    return evaluate_column(
        program, entity, root, view,
        [&](const Variant& variant, Frame& frame) -> Value {
            const ColumnProgram& c = variant.columns[column];
            if (c.vacate) return c.vacate(frame);
            return c.otherwise ? c.otherwise(frame) : Value{Null{}};
        },
        by_key);
}

KeyBytes self_parent(const Program& program, EntityIndex entity, const KeyBytes& root, View& view) {
    KeyBytes parent_key;
    evaluate_column(program, entity, root, view,
                    [&](const Variant& variant, Frame& frame) -> Value {
                        for (const ParentProgram& parent : variant.parents) {
                            if (!parent.self) continue;
                            for (const Eval& part : parent.root) {
                                const Value value = part(frame);
                                if (is_null(value)) {
                                    parent_key.clear();
                                    return Null{};
                                }
                                append_key(parent_key, value);
                            }
                            break;
                        }
                        return Null{};
                    });
    return parent_key;
}

std::optional<SecretPlace> secret_place(const Program& program, EntityIndex entity,
                                        const KeyBytes& root, std::uint32_t column, View& view) {
    std::optional<SecretPlace> place;
    evaluate_column(
        program, entity, root, view, [&](const Variant& variant, Frame& frame) -> Value {
            const ColumnProgram& c = variant.columns[column];
            const RowRef ref = c.secret_row(frame);
            if (ref.row)
                place = SecretPlace{ref.relation, ref.key, c.secret_column, c.value(frame)};
            return Null{};
        });
    return place;
}

Result<Value> deferred_value(const Program& program, EntityIndex entity, const KeyBytes& root,
                             std::uint32_t column, const Value& plain, const std::string& salt,
                             View& view) {
    Derivation derivation{program, entity, root, view};
    Outcome outcome;
    if (is_unresolved(root) || !derivation.load(outcome)) return Value{Null{}};
    derivation.choose_variant(outcome.variant);
    derivation.frame().plain = &plain;
    derivation.frame().salt = salt;
    try {
        return derivation.variant().columns[column].plain(derivation.frame());
    } catch (const Reject& reject) {
        return Error{ErrorKind::bad_value, reject.reason};
    }
}

std::vector<std::string> adopt_matches(const Program& program, EntityIndex entity,
                                       const KeyBytes& root, View& view) {
    std::vector<std::string> texts;
    evaluate_column(program, entity, root, view,
                    [&](const Variant& variant, Frame& frame) -> Value {
                        for (const Eval& match : variant.adopt_match) {
                            const Value text = text_of(match(frame));
                            if (!is_null(text)) texts.push_back(std::get<std::string>(text));
                        }
                        return Null{};
                    });
    return texts;
}

Value until_value(const Program& program, EntityIndex entity, const KeyBytes& root,
                  std::uint32_t column, View& view) {
    return evaluate_column(program, entity, root, view,
                           [&](const Variant& variant, Frame& frame) -> Value {
                               const ColumnProgram& c = variant.columns[column];
                               return c.until ? c.until(frame) : Value{Null{}};
                           });
}

}  // namespace crossfade
