#include "service/state_requests.hpp"

#include "model/encoding.hpp"
#include "model/json.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/root_name.hpp"
#include "pipeline/state_view.hpp"
#include "service/root_key.hpp"
#include "state/keys.hpp"
#include "state/records.hpp"

#include <charconv>
#include <map>

namespace crossfade {

namespace {

using JsonPairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kListDefault = 100;
constexpr std::size_t kRootsPerChange = 1000;

std::string answer(int status, std::string_view text, std::string data) {
    return json_object({{"status", std::to_string(status)},
                        {"text", json_quote(text)},
                        {"data", std::move(data)}})
        .text;
}

std::string quoted_list(const std::vector<std::string>& items) {
    std::vector<std::string> quoted;
    for (const std::string& item : items)
        quoted.push_back(json_quote(item));
    return json_array(quoted).text;
}

struct Quarantined {
    RootRef root;
    QuarantineRecord record;
};

// A refusal that somebody looked at and accepted is marked with its reason, so that another reason
// brings it back.
std::string discarded_value(const QuarantineRecord& record) {
    return record.reason + '\n' + record.sqlstate + '\n' + record.constraint;
}
bool is_discarded(const Reader& reader, const Quarantined& entry) {
    const auto mark = reader.get(Family::meta, keys::discarded(entry.root.entity, entry.root.root));
    return mark && *mark == discarded_value(entry.record);
}

// Visits quarantined roots, of one entity or of all, until `each` returns false.
void scan_quarantine(const Reader& reader, std::optional<EntityIndex> only,
                     const std::function<bool(Quarantined)>& each) {
    const std::string prefix = only ? keys::entity_prefix(*only) : std::string{};
    reader.scan(Family::quarantine, prefix, {}, [&](std::string_view key, std::string_view bytes) {
        return each({keys::root_of(key), QuarantineRecord::decode(bytes)});
    });
}

class StateRequests {
public:
    explicit StateRequests(const StateAccess& access) : access_{access} {}

    std::string list(const Request& request) const;
    std::string show(const Request& request) const;
    std::string retry(const Request& request) const;
    std::string discard(const Request& request) const;
    std::string get(const Request& request) const;
    std::string find(const Request& request) const;

private:
    std::optional<DerivedRecord> derived(const RootRef& root) const {
        const auto bytes = access_.reader.get(Family::derived, keys::root(root.entity, root.root));
        if (!bytes) return std::nullopt;
        return DerivedRecord::decode(*bytes);
    }
    std::string name_of(const RootRef& root) const {
        return access_.program.entities[root.entity].name + " " +
               display_root(access_.program, root.root);
    }
    // The entity of the request; nothing: all entities.
    std::optional<EntityIndex> entity_of(const Request& request) const {
        const std::string name = argument(request, "entity", "");
        if (name.empty()) return std::nullopt;
        return entity_named(access_.program, name);
    }
    std::optional<RootRef> root_of(const Request& request) const;
    std::vector<Quarantined> chosen(const Request& request) const;
    JsonPairs describe(const Quarantined& entry) const;
    std::string mapped_text(const RootRef& root) const;
    std::string mapped_json(const RootRef& root) const;
    std::string describe_mapped(const RootRef& root) const;
    std::string unknown(const Request& request) const;

    StateAccess access_;
};

std::optional<RootRef> StateRequests::root_of(const Request& request) const {
    const EntityIndex entity = entity_named(access_.program, argument(request, "entity"));
    auto root = find_root(access_.program, access_.reader, entity, argument(request, "key"));
    if (!root) return std::nullopt;
    return RootRef{entity, std::move(*root)};
}

std::string StateRequests::unknown(const Request& request) const {
    return answer(
        1,
        "no root " + argument(request, "entity") + " " + argument(request, "key") + " is known\n",
        "null");
}

JsonPairs StateRequests::describe(const Quarantined& entry) const {
    const auto record = derived(entry.root);
    return {{"entity", json_quote(access_.program.entities[entry.root.entity].name)},
            {"key", json_quote(display_root(access_.program, entry.root.root))},
            {"root_hex", json_quote(to_hex(entry.root.root))},
            {"state", json_quote(to_string(record ? record->state : StoredState::gone))},
            {"present", record && record->present ? "true" : "false"},
            {"reason", json_quote(entry.record.reason)},
            {"sqlstate", json_quote(entry.record.sqlstate)},
            {"constraint", json_quote(entry.record.constraint)},
            {"message", json_quote(entry.record.message)},
            {"wanted", quoted_list(entry.record.wanted)},
            {"lsn", json_quote(entry.record.lsn.lsn.format())},
            {"discarded", is_discarded(access_.reader, entry) ? "true" : "false"}};
}

std::string StateRequests::list(const Request& request) const {
    const bool with_discarded = argument(request, "discarded", "false") == "true";
    const std::string wanted = argument(request, "limit", std::to_string(kListDefault));
    std::size_t limit = kListDefault;
    std::from_chars(wanted.data(), wanted.data() + wanted.size(), limit);
    std::string text;
    std::vector<std::string> items;
    std::size_t more = 0;
    scan_quarantine(access_.reader, entity_of(request), [&](const Quarantined& entry) {
        if (!with_discarded && is_discarded(access_.reader, entry)) return true;
        if (items.size() >= limit) {
            ++more;
            return true;
        }
        const auto record = derived(entry.root);
        text += name_of(entry.root) + "  " +
                std::string{to_string(record ? record->state : StoredState::gone)} + "  " +
                entry.record.reason;
        if (!entry.record.constraint.empty()) text += "  " + entry.record.constraint;
        text += "\n";
        items.push_back(json_object(describe(entry)).text);
        return true;
    });
    if (items.empty()) text = "nothing is in quarantine\n";
    if (more > 0) text += "... and " + std::to_string(more) + " more (--limit)\n";
    return answer(0, text, json_array(items).text);
}

std::string StateRequests::show(const Request& request) const {
    const auto root = root_of(request);
    if (!root) return unknown(request);
    const auto bytes = access_.reader.get(Family::quarantine, keys::root(root->entity, root->root));
    if (!bytes) return answer(1, name_of(*root) + " is not in quarantine\n", "null");
    const Quarantined entry{*root, QuarantineRecord::decode(*bytes)};
    const auto record = derived(*root);
    std::string text = name_of(*root) + "\n";
    const auto line = [&](const std::string& name, std::string_view value) {
        if (value.empty()) return;
        text += "  " + name + std::string(12 - name.size(), ' ') + std::string{value} + "\n";
    };
    line("state", to_string(record ? record->state : StoredState::gone));
    line("reason", entry.record.reason);
    line("constraint", entry.record.constraint);
    line("sqlstate", entry.record.sqlstate);
    line("message", entry.record.message);
    for (const std::string& wanted : entry.record.wanted)
        line("waits for", wanted);
    line("since", entry.record.lsn.lsn.format());
    if (record) {
        if (!(record->id == Uuid{})) line("uuid", record->id.format());
        line("on target", record->present ? "its last good row" : "nothing");
    }
    if (is_discarded(access_.reader, entry)) line("discarded", "yes");
    return answer(0, text, json_object(describe(entry)).text);
}

// The roots in quarantine that a request names: one, those of an entity, or all.
std::vector<Quarantined> StateRequests::chosen(const Request& request) const {
    std::vector<Quarantined> entries;
    if (argument(request, "key", "").empty()) {
        scan_quarantine(access_.reader, entity_of(request), [&](Quarantined entry) {
            entries.push_back(std::move(entry));
            return true;
        });
        return entries;
    }
    const auto root = root_of(request);
    if (!root) return entries;
    const auto bytes = access_.reader.get(Family::quarantine, keys::root(root->entity, root->root));
    if (bytes) entries.push_back({*root, QuarantineRecord::decode(*bytes)});
    return entries;
}

std::string StateRequests::retry(const Request& request) const {
    const auto entries = chosen(request);
    for (std::size_t begin = 0; begin < entries.size(); begin += kRootsPerChange) {
        const std::size_t end = std::min(entries.size(), begin + kRootsPerChange);
        access_.change([&](const Reader& reader, WriteSet& set) {
            // Born behind what is applied, so that the position settled so far stays settled.
            const Lsn birth{read_position(reader).applied.lsn.offset() + 1};
            for (std::size_t i = begin; i < end; ++i)
                enqueue_root(reader, set, entries[i].root, birth);
        });
    }
    const std::string count = std::to_string(entries.size());
    return answer(entries.empty() ? 1 : 0, count + " queued to be tried again\n",
                  json_object({{"roots", count}}).text);
}

std::string StateRequests::discard(const Request& request) const {
    const auto entries = chosen(request);
    for (std::size_t begin = 0; begin < entries.size(); begin += kRootsPerChange) {
        const std::size_t end = std::min(entries.size(), begin + kRootsPerChange);
        access_.change([&](const Reader&, WriteSet& set) {
            for (std::size_t i = begin; i < end; ++i)
                set.put(Family::meta, keys::discarded(entries[i].root.entity, entries[i].root.root),
                        discarded_value(entries[i].record));
        });
    }
    const std::string count = std::to_string(entries.size());
    return answer(entries.empty() ? 1 : 0, count + " discarded; they stay counted as they are\n",
                  json_object({{"roots", count}}).text);
}

std::string StateRequests::mapped_text(const RootRef& root) const {
    const DerivedRecord record = derived(root).value_or(DerivedRecord{});
    // A filtered root has no id.
    const std::string id = record.id == Uuid{} ? "-" : record.id.format();
    std::string text = name_of(root) + "  " + id + "  " + std::string{to_string(record.state)} +
                       (record.present ? "" : ", no row on the target");
    for (const std::string& flag : record.flags)
        text += "  " + flag;
    if (!record.reason.empty()) text += "\n  " + record.reason;
    return text + "\n";
}

std::string StateRequests::mapped_json(const RootRef& root) const {
    const DerivedRecord record = derived(root).value_or(DerivedRecord{});
    const std::vector<std::string> flags(record.flags.begin(), record.flags.end());
    JsonPairs members{{"entity", json_quote(access_.program.entities[root.entity].name)},
                      {"key", json_quote(display_root(access_.program, root.root))},
                      {"root_hex", json_quote(to_hex(root.root))},
                      {"uuid", record.id == Uuid{} ? "null" : json_quote(record.id.format())},
                      {"state", json_quote(to_string(record.state))},
                      {"present", record.present ? "true" : "false"},
                      {"members", std::to_string(record.members)},
                      {"reason", json_quote(record.reason)},
                      {"flags", quoted_list(flags)}};
    return json_object(std::move(members)).text;
}

std::string StateRequests::describe_mapped(const RootRef& root) const {
    return answer(0, mapped_text(root), mapped_json(root));
}

std::string StateRequests::get(const Request& request) const {
    const auto root = root_of(request);
    return root ? describe_mapped(*root) : unknown(request);
}

std::string StateRequests::find(const Request& request) const {
    const auto id = Uuid::parse(argument(request, "uuid"));
    if (!id) throw Failure{Error{ErrorKind::configuration, "that is no UUID"}};
    std::vector<RootRef> roots;
    access_.reader.scan(Family::targets, keys::target(*id), {},
                        [&](std::string_view key, std::string_view root) {
                            roots.push_back({keys::entity_of_row(key), KeyBytes{root}});
                            return true;
                        });
    if (roots.empty()) return answer(1, "no row of ours has the id " + id->format() + "\n", "null");
    if (roots.size() == 1) return describe_mapped(roots.front());
    // Rows of several tables.
    std::string text;
    std::string list;
    for (const RootRef& root : roots) {
        text += mapped_text(root);
        list += (list.empty() ? "[" : ", ") + mapped_json(root);
    }
    return answer(0, text, list + "]");
}

}  // namespace

std::string repair_answer(const Reader& reader, const RootRef& root) {
    const auto bytes = reader.get(Family::quarantine, keys::root(root.entity, root.root));
    if (!bytes) return json_object({{"repaired", "1"}}).text;
    const QuarantineRecord record = QuarantineRecord::decode(*bytes);
    return json_object({{"repaired", "0"}, {"reason", json_quote(record.reason)}}).text;
}

RequestHandlers state_handlers(const StateAccess& access) {
    const auto requests = std::make_shared<const StateRequests>(access);
    return {{"quarantine list", [=](const Request& r) { return requests->list(r); }},
            {"quarantine show", [=](const Request& r) { return requests->show(r); }},
            {"quarantine retry", [=](const Request& r) { return requests->retry(r); }},
            {"quarantine discard", [=](const Request& r) { return requests->discard(r); }},
            {"map get", [=](const Request& r) { return requests->get(r); }},
            {"map find", [=](const Request& r) { return requests->find(r); }}};
}

}  // namespace crossfade
