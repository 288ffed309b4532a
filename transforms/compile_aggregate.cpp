// Aggregates over a group's members or a set: min max count count_distinct sum mean any all
// most_frequent first list set rank.
#include "transforms/compiler.hpp"

#include "model/json.hpp"
#include "model/key.hpp"

#include <algorithm>
#include <array>

namespace crossfade::compiler {

namespace {
const std::set<std::string>& aggregate_names() {
    static const std::set<std::string> names{"any",  "all", "count", "count_distinct", "min",
                                             "max",  "sum", "mean",  "most_frequent",  "first",
                                             "list", "set", "rank"};
    return names;
}

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

// One kind of aggregate each: takes the members of a set one by one, then gives the result.
class Accumulator {
public:
    enum class Kind : std::uint8_t {
        any,
        all,
        count,
        count_distinct,
        min,
        max,
        sum,
        mean,
        most_frequent,
        first,
        list,
        set
    };
    static Kind kind_of(std::string_view name) {
        static constexpr std::array<std::string_view, 12> kNames{
            "any", "all",  "count",         "count_distinct", "min",  "max",
            "sum", "mean", "most_frequent", "first",          "list", "set"};
        return static_cast<Kind>(std::ranges::find(kNames, name) - kNames.begin());
    }
    Accumulator(Kind kind, std::uint64_t bound) : kind_{kind}, bound_{bound} {}

    void add(const Body& body, Frame& frame, const RowRef& member) {
        ++members_;
        if (kind_ == Kind::count && !body.value) return;
        if (kind_ == Kind::first || kind_ == Kind::list || kind_ == Kind::set)
            return add_ordered(body, frame, member);
        const Value value = body.value(frame);
        if (kind_ == Kind::any) {
            any_ = any_ || is_true(value);
            return;
        }
        if (kind_ == Kind::all) {
            all_ = all_ && is_true(value);
            return;
        }
        if (is_null(value)) return;
        ++values_;
        if (kind_ == Kind::count_distinct || kind_ == Kind::most_frequent) {
            ++counted_[encode_key(value)];
            bounded(counted_.size());
        } else if (kind_ == Kind::min || kind_ == Kind::max) {
            const bool better = kind_ == Kind::min ? compare_values(value, best_) < 0
                                                   : compare_values(value, best_) > 0;
            if (values_ == 1 || better) best_ = value;
        } else if (kind_ == Kind::sum || kind_ == Kind::mean) {
            sum_ = values_ == 1 ? value : binary_operation(Operator::add, sum_, value);
        }
    }

    Value result() {
        if (kind_ == Kind::any) return any_;
        if (kind_ == Kind::all) return all_;
        if (kind_ == Kind::count) return static_cast<std::int64_t>(has_value_ ? values_ : members_);
        if (kind_ == Kind::count_distinct) return static_cast<std::int64_t>(counted_.size());
        if (kind_ == Kind::min || kind_ == Kind::max) return values_ > 0 ? best_ : Value{Null{}};
        if (kind_ == Kind::sum) return values_ > 0 ? sum_ : Value{Null{}};
        if (kind_ == Kind::mean) {
            return values_ > 0 ? binary_operation(Operator::divide, sum_,
                                                  static_cast<std::int64_t>(values_))
                               : Value{Null{}};
        }
        if (kind_ == Kind::most_frequent) return most_frequent();
        if (kind_ == Kind::first)
            return ordered_.empty() ? Value{Null{}} : ordered_.begin()->second;
        return list();
    }

    void with_value(bool has) { has_value_ = has; }
    void next_source() { ++sources_; }

private:
    void bounded(std::size_t size) const {
        if (size > bound_)
            throw Reject{"members_max: more than " + std::to_string(bound_) + " members"};
    }

    void add_ordered(const Body& body, Frame& frame, const RowRef& member) {
        Value value = body.value(frame);
        if (kind_ == Kind::set) {
            if (!is_null(value)) ordered_.insert_or_assign(encode_key(value), value);
            return bounded(ordered_.size());
        }
        KeyBytes key = order_key(body, frame);
        key += static_cast<char>(sources_);
        append_key(key, Value{member.key});
        key += static_cast<char>(member.slot);
        if (kind_ == Kind::first) {
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

    Kind kind_;
    std::uint64_t bound_;
    bool has_value_ = false, any_ = false, all_ = true;
    std::uint64_t members_ = 0, values_ = 0, sources_ = 0;
    std::map<KeyBytes, std::uint64_t> counted_;
    std::map<KeyBytes, Value> ordered_;
    Value best_ = Null{}, sum_ = Null{};
};

// Whether the result is one of the values.
bool gives_one(const std::string& kind) {
    return kind == "min" || kind == "max" || kind == "most_frequent" || kind == "first";
}

Type result_type(const std::string& kind, Type value) {
    if (kind == "any" || kind == "all") return Type::boolean;
    if (kind == "count" || kind == "count_distinct" || kind == "rank") return Type::integer;
    if (kind == "list" || kind == "set") return Type::json;
    if (kind == "mean") return Type::decimal;
    return value;
}

const Members* find_alias(const EntitySpec& spec, const std::string& alias) {
    if (spec.root.kind != Root::Kind::group) return nullptr;
    for (const Members& members : spec.root.members) {
        if (members.alias == alias) return &members;
    }
    return nullptr;
}

const SetSpec* find_set(const EntitySpec& spec, const std::string& alias) {
    const auto set = std::find_if(spec.sets.begin(), spec.sets.end(),
                                  [&](const SetSpec& s) { return s.members.alias == alias; });
    return set == spec.sets.end() ? nullptr : &*set;
}

const ViewSpec* find_view(const EntitySpec& spec, const std::string& alias) {
    const auto view = std::find_if(spec.views.begin(), spec.views.end(),
                                   [&](const ViewSpec& v) { return v.members.alias == alias; });
    return view == spec.views.end() ? nullptr : &*view;
}

// An alias, a set or a view; or a list of them.
std::vector<std::string> names_of(const Expr& first) {
    if (first.kind == Expr::Kind::name) return {first.text};
    std::vector<std::string> names;
    if (first.kind != Expr::Kind::list) return names;
    for (const ExprPtr& name : first.args)
        names.push_back(name->kind == Expr::Kind::name ? name->text : "");
    return names;
}
}  // namespace

bool Compiler::is_aggregate(const Expr& expr, const Scope&) const {
    if (!aggregate_names().contains(expr.text) || expr.args.empty() || owner_.spec == nullptr ||
        owner_.entity == kNone) {
        return false;
    }
    const std::vector<std::string> names = names_of(*expr.args[0]);
    return !names.empty() && std::all_of(names.begin(), names.end(), [&](const auto& name) {
        return find_alias(*owner_.spec, name) != nullptr || find_set(*owner_.spec, name) ||
               find_view(*owner_.spec, name);
    });
}

// Where the members of an alias, a set or a view are found: the node of the graph, and `at`.
Node Compiler::members_node(const std::string& alias, const Scope& scope, std::vector<Eval>& at) {
    Node node;
    if (const ViewSpec* view = find_view(*owner_.spec, alias))
        return members_node(view->of, scope, at);
    const SetSpec* set = find_set(*owner_.spec, alias);
    if (set == nullptr) {
        node.kind = Node::Kind::member;
        node.index = group_index_.at(owner_.spec->name + "/" + alias);
        return node;
    }
    node.kind = Node::Kind::set_member;
    node.index = set_index_.at(owner_.spec->name + "/" + alias).first;
    // `at` belongs to the entity's own scope, not to that of an enclosing aggregate.
    const Scope* root = &scope;
    while (root->outer != nullptr)
        root = root->outer;
    if (!root->parameters.empty()) root = root_scope_;
    const auto& wanted = key_forms_[node.index];
    const Edge by = edge(set->at, *root, false, wanted, set->members.where, "the `at` of a set");
    node.parent = by.node;
    node.at = by.index;
    Tracker inner;
    Tracker* const outer = std::exchange(tracker_, &inner);
    for (const ExprPtr& part : set->at) {
        const Compiled compiled = key_expression(part, *root, form_at(wanted, at.size()));
        want_key(compiled, key_types_[node.index], at.size(), part);
        at.push_back(compiled.eval);
    }
    tracker_ = outer;
    return node;
}

// One body a slot: what the aggregate evaluates over a member.
Body Compiler::aggregate_body(const Expr& expr, const Scope& scope, std::uint32_t into, bool view,
                              Type& type) {
    Body body;
    if (expr.args.size() > 1) {
        const bool asks = expr.text == "any" || expr.text == "all";
        const Compiled value = asks ? condition(expr.args[1], scope, in_quotes(expr.text))
                                    : expression(expr.args[1], scope, into);
        if (expr.text == "sum" || expr.text == "mean")
            want_number(value.type, expr.text, expr.args[1]->where);
        body.value = value.eval;
        type = value.type;
    }
    if (expr.filter) body.filter = condition(expr.filter, scope, "the `if` of an aggregate").eval;
    // The slots' own condition; an index of slots has applied it.
    const Members& members = *scope.row->members;
    if (view && !members.slots->filter.empty()) {
        const Eval counts = expression(members.slots->filter[scope.row->slot], scope).eval;
        body.filter = [counts, rest = body.filter](Frame& frame) -> Value {
            if (!is_true(counts(frame))) return false;
            return rest ? rest(frame) : Value{true};
        };
    }
    for (const OrderTerm& term : expr.order)
        body.order.emplace_back(expression(term.expr, scope).eval, term.descending);
    return body;
}

std::optional<Source> Compiler::aggregate_source(const Expr& expr, const std::string& alias,
                                                 const Scope& scope, std::uint32_t into,
                                                 Type& type) {
    const ViewSpec* view = find_view(*owner_.spec, alias);
    const SetSpec* set = find_set(*owner_.spec, alias);
    const Members* members = view != nullptr  ? &view->members
                             : set != nullptr ? &set->members
                                              : find_alias(*owner_.spec, alias);
    Source source;
    source.relation = relation_of_.at(members->relation);
    if (source.relation == kNone) return std::nullopt;
    Node node = members_node(alias, scope, source.at);
    node.relation = source.relation;
    source.index = node.index;
    source.view = view != nullptr;
    source.frame_slot = owner_.rows++;
    const std::uint32_t node_id = add_node(node);
    const std::size_t slots = members->slots ? members->slots->values.size() : 1;
    Tracker inner;
    Tracker* const outer = std::exchange(tracker_, &inner);
    for (std::size_t slot = 0; slot < slots; ++slot) {
        Scope body_scope;
        body_scope.outer = &scope;
        body_scope.row =
            RowVariable{alias, source.relation, node_id, source.frame_slot, members, slot};
        source.bodies.push_back(aggregate_body(expr, body_scope, into, source.view, type));
    }
    tracker_ = outer;
    return source;
}

Compiled Compiler::aggregate(const Expr& expr, const Scope& scope, std::uint32_t into) {
    const std::string& kind = expr.text;
    if (!gives_one(kind)) into = kNone;
    Compiled nothing{[](Frame&) -> Value { return Null{}; }, Type::any};
    const std::vector<std::string> names = names_of(*expr.args[0]);
    const bool ranked = kind == "rank";
    if (expr.args.size() > 2 || (expr.args.size() < 2 && kind != "count" && !ranked)) {
        error(expr.where, "\"" + kind + "\" takes a set and an expression");
        return nothing;
    }
    if (ranked && names.size() > 1) error(expr.where, "\"rank\" takes one set");
    if (tracker_ != nullptr) tracker_->other = true;
    Type type = Type::any;
    std::vector<Source> sources;
    for (const std::string& alias : names) {
        auto source = aggregate_source(expr, alias, scope, into, type);
        if (!source) return nothing;
        sources.push_back(std::move(*source));
    }
    if (ranked) {
        // 1 + how many members of the set come before the root's own row.
        return {
            [source = sources.front()](Frame& frame) -> Value {
                frame.rows[source.frame_slot] = frame.rows[0];
                const auto own = std::pair{order_key(source.bodies[0], frame), frame.rows[0].key};
                std::int64_t rank = 1;
                source.each(frame, [&](const Body& body, const RowRef& member) {
                    if (std::pair{order_key(body, frame), member.key} < own) ++rank;
                });
                return rank;
            },
            Type::integer};
    }
    const std::uint64_t bound = owner_.spec->members_max;
    const bool has_value = expr.args.size() > 1;
    const Accumulator::Kind sort = Accumulator::kind_of(kind);
    return {[sources, sort, bound, has_value](Frame& frame) -> Value {
                Accumulator accumulator{sort, bound};
                accumulator.with_value(has_value);
                for (const Source& source : sources) {
                    source.each(frame, [&](const Body& body, const RowRef& member) {
                        accumulator.add(body, frame, member);
                    });
                    accumulator.next_source();
                }
                return accumulator.result();
            },
            result_type(kind, type)};
}

}  // namespace crossfade::compiler
