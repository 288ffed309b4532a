// Aggregates over a group's members or a set: min max count count_distinct sum mean any all
// most_frequent first list set rank.
#include "transforms/compiler.hpp"

#include "model/json.hpp"
#include "model/key.hpp"

#include <algorithm>

namespace crossfade::compiler {

namespace {
const std::set<std::string>& aggregate_names() {
    static const std::set<std::string> names{"any",  "all", "count", "count_distinct", "min",
                                             "max",  "sum", "mean",  "most_frequent",  "first",
                                             "list", "set", "rank"};
    return names;
}

// One member's bodies, compiled per slot.
struct Body {
    Eval value;
    Eval filter;
    std::vector<std::pair<Eval, bool>> order;
};

KeyBytes order_key(const Body& body, Frame& frame) {
    KeyBytes key;
    for (const auto& [eval, descending] : body.order) {
        if (descending)
            append_key_descending(key, eval(frame));
        else
            append_key(key, eval(frame));
    }
    return key;
}

// What a pass over the members collects; one kind of aggregate each.
class Accumulator {
public:
    Accumulator(std::string kind, std::uint64_t bound) : kind_{std::move(kind)}, bound_{bound} {}

    void add(const Body& body, Frame& frame, const Member& member) {
        ++members_;
        if (kind_ == "count" && !body.value) return;
        if (kind_ == "first" || kind_ == "list" || kind_ == "set")
            return add_ordered(body, frame, member);
        const Value value = body.value(frame);
        if (kind_ == "any") {
            any_ = any_ || is_true(value);
            return;
        }
        if (kind_ == "all") {
            all_ = all_ && is_true(value);
            return;
        }
        if (is_null(value)) return;
        ++values_;
        if (kind_ == "count_distinct" || kind_ == "most_frequent") {
            ++counted_[encode_key(value)];
            bounded(counted_.size());
        } else if (kind_ == "min" || kind_ == "max") {
            const bool better = kind_ == "min" ? compare_values(value, best_) < 0
                                               : compare_values(value, best_) > 0;
            if (values_ == 1 || better) best_ = value;
        } else if (kind_ == "sum" || kind_ == "mean") {
            sum_ = values_ == 1 ? value : binary_operation("+", sum_, value);
        }
    }

    Value result() {
        if (kind_ == "any") return any_;
        if (kind_ == "all") return all_;
        if (kind_ == "count") return static_cast<std::int64_t>(has_value_ ? values_ : members_);
        if (kind_ == "count_distinct") return static_cast<std::int64_t>(counted_.size());
        if (kind_ == "min" || kind_ == "max") return values_ > 0 ? best_ : Value{Null{}};
        if (kind_ == "sum") return values_ > 0 ? sum_ : Value{Null{}};
        if (kind_ == "mean") {
            return values_ > 0 ? binary_operation("/", sum_, static_cast<std::int64_t>(values_))
                               : Value{Null{}};
        }
        if (kind_ == "most_frequent") return most_frequent();
        if (kind_ == "first") return ordered_.empty() ? Value{Null{}} : ordered_.begin()->second;
        return list();
    }

    void with_value(bool has) { has_value_ = has; }

private:
    void bounded(std::size_t size) const {
        if (size > bound_)
            throw Reject{"members_max: more than " + std::to_string(bound_) + " members"};
    }

    void add_ordered(const Body& body, Frame& frame, const Member& member) {
        Value value = body.value(frame);
        if (kind_ == "set") {
            if (!is_null(value)) ordered_.insert_or_assign(encode_key(value), value);
            return bounded(ordered_.size());
        }
        KeyBytes key = order_key(body, frame);
        append_key(key, Value{member.row});
        key += static_cast<char>(member.slot);
        if (kind_ == "first") {
            if (!ordered_.empty() && ordered_.begin()->first <= key) return;
            ordered_.clear();
        }
        ordered_.emplace(std::move(key), std::move(value));
        bounded(ordered_.size());
    }

    // Ties: the smaller value.
    Value most_frequent() const {
        const KeyBytes* best = nullptr;
        std::uint64_t times = 0;
        for (const auto& [key, count] : counted_) {
            if (count > times) {
                best = &key;
                times = count;
            }
        }
        return best == nullptr ? Value{Null{}} : decode_key(*best).front();
    }

    Value list() const {
        std::vector<std::string> texts;
        for (const auto& [key, value] : ordered_)
            texts.push_back(json_scalar(value));
        return json_array(texts);
    }

    std::string kind_;
    std::uint64_t bound_;
    bool has_value_ = false, any_ = false, all_ = true;
    std::uint64_t members_ = 0, values_ = 0;
    std::map<KeyBytes, std::uint64_t> counted_;
    std::map<KeyBytes, Value> ordered_;
    Value best_ = Null{}, sum_ = Null{};
};

Type result_type(const std::string& kind, Type value) {
    if (kind == "any" || kind == "all") return Type::boolean;
    if (kind == "count" || kind == "count_distinct" || kind == "rank") return Type::integer;
    if (kind == "list" || kind == "set") return Type::json;
    if (kind == "mean") return Type::decimal;
    return value;
}
}  // namespace

bool Compiler::is_aggregate(const Expr& expr, const Scope&) const {
    if (!aggregate_names().contains(expr.text) || expr.args.empty() || owner_.spec == nullptr ||
        owner_.entity == kNone || expr.args[0]->kind != Expr::Kind::name) {
        return false;
    }
    const std::string& alias = expr.args[0]->text;
    for (const SetSpec& set : owner_.spec->sets) {
        if (set.members.alias == alias) return true;
    }
    if (owner_.spec->root.kind != Root::Kind::group) return false;
    return std::any_of(owner_.spec->root.members.begin(), owner_.spec->root.members.end(),
                       [&](const Members& m) { return m.alias == alias; });
}

Compiled Compiler::aggregate(const Expr& expr, const Scope& scope) {
    const std::string& alias = expr.args[0]->text;
    const Members* members = nullptr;
    const SetSpec* set = nullptr;
    for (const SetSpec& candidate : owner_.spec->sets) {
        if (candidate.members.alias == alias) set = &candidate;
    }
    Node node;
    std::vector<Eval> at;
    if (set != nullptr) {
        members = &set->members;
        node.kind = Node::Kind::set_member;
        node.index = set_index_.at(owner_.spec->name + "/" + alias).first;
        // `at` belongs to the entity's own scope, not to that of an enclosing aggregate.
        const Scope* root = &scope;
        while (root->outer != nullptr)
            root = root->outer;
        if (!root->parameters.empty()) root = root_scope_;
        const Edge by = edge(set->at, *root, false, kNone, set->members.where);
        node.parent = by.node;
        node.at = by.index;
        Tracker inner;
        Tracker* const outer = std::exchange(tracker_, &inner);
        for (const ExprPtr& part : set->at)
            at.push_back(expression(part, *root).eval);
        tracker_ = outer;
    } else {
        for (const Members& m : owner_.spec->root.members) {
            if (m.alias == alias) members = &m;
        }
        node.kind = Node::Kind::member;
        node.index = group_index_.at(owner_.spec->name + "/" + alias);
    }
    if (tracker_ != nullptr) tracker_->other = true;
    const RelationIndex relation = relation_of_.at(members->relation);
    if (relation == kNone) return {[](Frame&) -> Value { return Null{}; }, Type::any};
    node.relation = relation;
    const std::uint32_t node_id = add_node(node);
    const std::size_t frame_slot = owner_.rows++;
    const std::string kind = expr.text;
    const bool ranked = kind == "rank";
    if (expr.args.size() > 2 || (expr.args.size() < 2 && kind != "count" && !ranked)) {
        error(expr.where, "\"" + kind + "\" takes a set and an expression");
        return {[](Frame&) -> Value { return Null{}; }, Type::any};
    }
    Type value_type = Type::any;
    std::vector<Body> bodies;
    const std::size_t slots = members->slots ? members->slots->values.size() : 1;
    Tracker inner;
    Tracker* const outer = std::exchange(tracker_, &inner);
    for (std::size_t slot = 0; slot < slots; ++slot) {
        Scope body_scope;
        body_scope.outer = &scope;
        body_scope.row = RowVariable{alias, relation, node_id, frame_slot, members, slot};
        Body body;
        if (expr.args.size() > 1) {
            const Compiled value = expression(expr.args[1], body_scope);
            body.value = value.eval;
            value_type = value.type;
        }
        if (expr.filter) body.filter = expression(expr.filter, body_scope).eval;
        for (const OrderTerm& term : expr.order) {
            body.order.emplace_back(expression(term.expr, body_scope).eval, term.descending);
        }
        bodies.push_back(std::move(body));
    }
    tracker_ = outer;
    const IndexId index = node.index;
    const std::uint64_t bound = owner_.spec->members_max;
    const bool has_value = expr.args.size() > 1;
    const auto each_member = [bodies, relation, frame_slot, index, at](Frame& frame,
                                                                       const auto& visit) {
        KeyBytes key = at.empty() ? frame.root : KeyBytes{};
        for (const Eval& part : at) {
            const Value value = part(frame);
            if (is_null(value)) return;
            append_key(key, value);
        }
        frame.view.members(index, key, [&](const Member& member) {
            const Body& body = bodies[std::min<std::size_t>(member.slot, bodies.size() - 1)];
            frame.rows[frame_slot] = {relation, member.row, member.slot,
                                      frame.view.image(relation, member.row)};
            if (body.filter && !is_true(body.filter(frame))) return true;
            return visit(body, member);
        });
    };
    if (ranked) {
        // 1 + how many members of the set come before the root's own row.
        return {[each_member, bodies, frame_slot](Frame& frame) -> Value {
                    frame.rows[frame_slot] = frame.rows[0];
                    const Member self{frame.rows[0].key, 0};
                    const auto own = std::pair{order_key(bodies[0], frame), self.row};
                    std::int64_t rank = 1;
                    each_member(frame, [&](const Body& body, const Member& member) {
                        if (std::pair{order_key(body, frame), member.row} < own) ++rank;
                        return true;
                    });
                    return rank;
                },
                Type::integer};
    }
    return {[each_member, kind, bound, has_value](Frame& frame) -> Value {
                Accumulator accumulator{kind, bound};
                accumulator.with_value(has_value);
                each_member(frame, [&](const Body& body, const Member& member) {
                    accumulator.add(body, frame, member);
                    return true;
                });
                return accumulator.result();
            },
            result_type(kind, value_type)};
}

}  // namespace crossfade::compiler
