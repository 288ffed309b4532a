#include "tests/pipeline/model_target.hpp"

#include <stdexcept>

namespace crossfade::test {

bool ModelTarget::referred(EntityIndex entity, const Uuid& id,
                           const std::set<Uuid>& leaving) const {
    for (EntityIndex e = 0; e < program_.entities.size(); ++e) {
        for (const ParentProgram& parent : program_.entities[e].variants.front().parents) {
            if (parent.of != entity) continue;
            for (const auto& [other, row] : table(e)) {
                if (row[parent.column] == Value{id} && !(e == entity && leaving.contains(other)))
                    return true;
            }
        }
    }
    return false;
}

bool ModelTarget::steal(EntityIndex entity, const Uuid& id) {
    if (referred(entity, id)) return false;
    return rows(entity).erase(id) > 0;
}

namespace {
std::string constraint_of(std::uint32_t claim) { return "claim " + std::to_string(claim); }

// Empty if a part is NULL.
std::string key_of(const TargetSpec& target, const std::set<std::uint32_t>& columns,
                   const std::vector<Value>& values) {
    std::vector<Value> parts;
    for (const std::uint32_t column : columns) {
        parts.push_back(target.columns[column].equality->of(values[column]));
        if (is_null(parts.back())) return {};
    }
    return encode_key(parts);
}

std::set<std::uint32_t> columns_of(const ClaimSpec& claim) {
    std::set<std::uint32_t> columns{claim.within.begin(), claim.within.end()};
    columns.insert(claim.column);
    return columns;
}
}  // namespace

UniqueKeys ModelTarget::unique_keys() const {
    UniqueKeys keys;
    for (std::uint32_t i = 0; i < program_.claims.size(); ++i) {
        const ClaimSpec& claim = program_.claims[i];
        if (claim.of_column()) keys[{claim.entity, constraint_of(i)}] = columns_of(claim);
    }
    return keys;
}

std::optional<Uuid> ModelTarget::holder(const RowWrite& write,
                                        const std::set<std::uint32_t>& key) const {
    const TargetSpec& target = program_.entities[write.root.entity].target;
    const std::string wanted = key_of(target, key, write.values);
    for (const auto& [id, values] : table(write.root.entity)) {
        if (id != write.id && key_of(target, key, values) == wanted) return id;
    }
    return std::nullopt;
}

bool ModelTarget::exchange(std::uint32_t claim, const Uuid& first, const Uuid& second) {
    const ClaimSpec& spec = program_.claims[claim];
    Table& table = rows(spec.entity);
    const auto swap = [&] {
        std::swap(table.at(first)[spec.column], table.at(second)[spec.column]);
    };
    if (is_null(table.at(first)[spec.column]) || is_null(table.at(second)[spec.column]))
        return false;
    swap();
    try {
        check_keys(spec.entity, first, "exchange");
        check_keys(spec.entity, second, "exchange");
    } catch (const std::logic_error&) {
        swap();
        return false;
    }
    by_hand_.emplace(place(spec.entity), first);
    by_hand_.emplace(place(spec.entity), second);
    return true;
}

void ModelTarget::check_keys(EntityIndex entity, const Uuid& id, const std::string& what) const {
    const std::vector<Value>& row = table(entity).at(id);
    const std::string& name = program_.entities[entity].name;
    for (std::uint32_t i = 0; i < program_.claims.size(); ++i) {
        const ClaimSpec& claim = program_.claims[i];
        if (!claim.of_column() || claim.entity != entity) continue;
        const std::set<std::uint32_t> columns = columns_of(claim);
        const TargetSpec& target = program_.entities[entity].target;
        const std::string mine = key_of(target, columns, row);
        for (const auto& [other, values] : table(entity)) {
            if (mine.empty() || other == id || key_of(target, columns, values) != mine) continue;
            if (by_hand(entity, id) || by_hand(entity, other)) throw Violation{constraint_of(i)};
            throw std::logic_error(what + ": unique key of " + name +
                                   " violated: " + display_key(mine));
        }
    }
    for (const ParentProgram& parent : program_.entities[entity].variants.front().parents) {
        const auto* reference = std::get_if<Uuid>(&row[parent.column]);
        if (reference != nullptr && !table(parent.of).contains(*reference)) {
            throw std::logic_error(what + ": foreign key of " + name + " to " +
                                   program_.entities[parent.of].name);
        }
    }
}

void ModelTarget::vacate(const Vacate& vacate) {
    auto& row = rows(vacate.root.entity).at(vacate.id);
    for (std::size_t i = 0; i < vacate.columns.size(); ++i)
        row[vacate.columns[i]] = vacate.unseats ? Value{Null{}} : vacate.values[i];
    check_keys(vacate.root.entity, vacate.id, "vacate");
}

void ModelTarget::write(const RowWrite& write, BatchAnswer& answer) {
    Table& table = rows(write.root.entity);
    const TargetSpec& target = program_.entities[write.root.entity].target;
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        const auto* text = std::get_if<std::string>(&write.values[i]);
        if (target.columns[i].name != "note" || text == nullptr) continue;
        if (*text == "refuse")
            answer.refused.push_back({write.root, "23514", "no_refuse", target.table, "refused"});
        if (*text == "swallow") {
            answer.refused.push_back({write.root, std::string{kNotWritten}, "trigger no_rows",
                                      target.table, "not_written: trigger no_rows"});
        }
        if (!answer.ready()) return;
    }
    const auto found = table.find(write.id);
    if (write.present && found == table.end()) {
        answer.missing.push_back(write.root);
        return;
    }
    if (write.present) {
        std::vector<Value> next = found->second;
        if (write.only.empty()) next = write.values;
        for (const std::uint32_t column : write.only)
            next[column] = write.values[column];
        found->second = std::move(next);
    } else if (found != table.end()) {
        throw std::logic_error("insert over a row that stands: " + target.entity);
    } else {
        table[write.id] = write.values;
    }
    check_keys(write.root.entity, write.id, "write");
}

void ModelTarget::remove(EntityIndex entity, const TargetBatch& batch, BatchAnswer& answer) {
    std::map<Uuid, RootRef> roots;
    std::set<Uuid> leaving;
    for (const RowDelete& removal : batch.deletes) {
        if (removal.root.entity != entity || !table(entity).contains(removal.id)) continue;
        roots[removal.id] = removal.root;
        leaving.insert(removal.id);
    }
    for (bool shrunk = true; shrunk;) {
        shrunk = false;
        for (const Uuid& id : std::set<Uuid>{leaving}) {
            if (!referred(entity, id, leaving)) continue;
            leaving.erase(id);
            answer.referred.push_back(roots[id]);
            shrunk = true;
        }
    }
    for (const Uuid& id : leaving)
        rows(entity).erase(id);
}

BatchAnswer ModelTarget::execute(const TargetBatch& batch) {
    const std::vector<Table> before = tables_;
    BatchAnswer answer;
    const auto step = [&](const RootRef& root, const auto& run) {
        try {
            run();
        } catch (const Violation& key) {
            answer.refused.push_back({root, "23505", key.constraint, "", "duplicate key"});
        }
    };
    for (const Vacate& entry : batch.vacates) {
        if (!table(entry.root.entity).contains(entry.id))
            answer.missing.push_back(entry.root);
        else if (answer.refused.empty())
            step(entry.root, [&] { vacate(entry); });
    }
    for (const RowWrite& entry : batch.writes) {
        if (answer.ready()) step(entry.root, [&] { write(entry, answer); });
    }
    if (answer.ready()) {
        for (const RowWrite& entry : batch.writes) {
            const auto& old = before[place(entry.root.entity)];
            const auto found = old.find(entry.id);
            const bool vacated = [&] {
                for (const Vacate& v : batch.vacates) {
                    if (v.root == entry.root) return true;
                }
                return false;
            }();
            if (found != old.end() && !vacated && !entry.blind &&
                !by_hand(entry.root.entity, entry.id) &&
                found->second == table(entry.root.entity).at(entry.id)) {
                throw std::logic_error("a write that changes nothing: " +
                                       program_.entities[entry.root.entity].name);
            }
        }
        for (EntityIndex e = static_cast<EntityIndex>(tables_.size()); e-- > 0;)
            remove(e, batch, answer);
    }
    if (!answer.ready()) {
        tables_ = before;
        return answer;
    }
    for (const RowWrite& entry : batch.writes) {
        if (entry.only.empty()) by_hand_.erase({place(entry.root.entity), entry.id});
    }
    for (const RowDelete& entry : batch.deletes)
        by_hand_.erase({place(entry.root.entity), entry.id});
    return answer;
}

}  // namespace crossfade::test
