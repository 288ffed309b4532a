#include "service/state_requests.hpp"

#include "pipeline/batch.hpp"
#include "pipeline/root_name.hpp"
#include "service/root_key.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "state/records.hpp"
#include "tests/model/random_value.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <random>

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kMapping = R"yaml(
version: 1
namespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7
entities:
  people:
    target: public.person
    root:
      group:
        a: {from: account, key: "'account/' || id"}
        u: {from: login, key: "'account/' || account_id"}
    id: key
    columns: {name: "text(min(u, id))"}
  lines:
    target: public.line
    root: {row: line, as: l}
    id: "'line/' || l.order_id || '/' || l.no"
    columns: {no: l.no}
)yaml";

CatalogTable table(const std::string& name, const std::vector<std::string>& columns,
                   std::vector<std::string> key) {
    CatalogTable result;
    result.name = name;
    for (const std::string& column : columns)
        result.columns.push_back({column, Type::integer, "bigint", true, false});
    result.primary_key = key;
    result.identity_key = std::move(key);
    return result;
}

std::shared_ptr<const Program> program_of() {
    Findings findings;
    const auto mapping = parse_mapping(kMapping, "test.yaml", findings);
    REQUIRE(mapping.has_value());
    auto program = compile(*mapping,
                           {{"public.account", table("account", {"id"}, {"id"})},
                            {"public.login", table("login", {"id", "account_id"}, {"id"})},
                            {"public.line", table("line", {"order_id", "no"}, {"order_id", "no"})}},
                           findings);
    for (const Finding& finding : findings)
        UNSCOPED_INFO(finding.format());
    REQUIRE(program != nullptr);
    return program;
}

// A state with a few roots, and its handlers.
class State {
public:
    State() : program_{program_of()} {
        handlers_ = state_handlers({*program_, store_, [this](const StateAccess::Fill& fill) {
                                        WriteSet set;
                                        fill(store_, set);
                                        store_.write(set, true);
                                    }});
    }

    RootRef root(const std::string& entity, const std::vector<Value>& key) {
        return {program_->find_entity(entity), encode_key(key)};
    }
    void derive(const RootRef& root, const DerivedRecord& record) {
        WriteSet set;
        set.put(Family::derived, keys::root(root.entity, root.root), record.encode());
        if (record.present) set.put(Family::targets, keys::row(record.id, root.entity), root.root);
        store_.write(set, true);
    }
    void reject(const RootRef& root, const std::string& reason) {
        DerivedRecord record;
        record.state = StoredState::rejected;
        record.members = 1;
        derive(root, record);
        QuarantineRecord refusal;
        refusal.reason = reason;
        refusal.sqlstate = "23514";
        refusal.constraint = "name_check";
        refusal.lsn = EndLsn{Lsn{16}};
        WriteSet set;
        set.put(Family::quarantine, keys::root(root.entity, root.root), refusal.encode());
        store_.write(set, true);
    }
    std::string text(const std::string& command, const Request& request, int status = 0) {
        const auto members = parse_members(handlers_.at(command)(request));
        REQUIRE(members.has_value());
        CHECK(members->at("status") == std::to_string(status));
        return members->at("text");
    }
    std::string data(const std::string& command, const Request& request) {
        return parse_members(handlers_.at(command)(request))->at("data");
    }

    const Program& program() const { return *program_; }
    MemoryStore& store() { return store_; }

private:
    std::shared_ptr<const Program> program_;
    MemoryStore store_;
    RequestHandlers handlers_;
};

Uuid id_of(std::uint8_t last) {
    Uuid id;
    id.bytes[15] = last;
    return id;
}

}  // namespace

TEST_CASE("map finds a root by its key as it is written, and by its new id", "[cli]") {
    State state;
    DerivedRecord applied;
    applied.id = id_of(7);
    applied.state = StoredState::applied;
    applied.present = true;
    applied.members = 2;
    applied.flags = {"lost_claim"};
    state.derive(state.root("people", {Value{std::string{"account/220"}}}), applied);
    applied.id = id_of(8);
    state.derive(state.root("lines", {Value{std::int64_t{17}}, Value{std::int64_t{3}}}), applied);

    const std::string id = "00000000-0000-0000-0000-000000000007";
    CHECK(state.text("map get", {{"entity", "people"}, {"key", "account/220"}}) ==
          "people account/220  " + id + "  applied  lost_claim\n");
    CHECK_THAT(state.text("map find", {{"uuid", id}}), ContainsSubstring("people account/220"));
    CHECK_THAT(state.text("map get", {{"entity", "lines"}, {"key", "17/3"}}),
               ContainsSubstring("lines 17/3"));
    CHECK_THAT(state.data("map get", {{"entity", "lines"}, {"key", "17/3"}}),
               ContainsSubstring("\"present\": true"));
    state.text("map get", {{"entity", "lines"}, {"key", "17/4"}}, 1);
    state.text("map find", {{"uuid", "00000000-0000-0000-0000-000000000009"}}, 1);
    CHECK_THROWS_WITH(state.text("map find", {{"uuid", "x"}}), "that is no UUID");
    CHECK_THROWS_WITH(state.text("map get", {{"entity", "peopl"}, {"key", "1"}}),
                      ContainsSubstring("did you mean \"people\"?"));
}

TEST_CASE("quarantine lists and shows roots with reason and constraint", "[cli]") {
    State state;
    CHECK(state.text("quarantine list", {}) == "nothing is in quarantine\n");
    const RootRef bad = state.root("people", {Value{std::string{"account/1"}}});
    state.reject(bad, "constraint name_check");
    state.reject(state.root("lines", {Value{std::int64_t{1}}, Value{Null{}}}), "bad_value: no");
    CHECK(state.text("quarantine list", {{"entity", "people"}}) ==
          "people account/1  rejected  constraint name_check  name_check\n");
    CHECK_THAT(state.text("quarantine list", {{"limit", "1"}}),
               ContainsSubstring("... and 1 more"));
    CHECK_THAT(state.data("quarantine list", {}), ContainsSubstring("\"key\": \"1/%00\""));
    CHECK_THAT(state.text("quarantine show", {{"entity", "lines"}, {"key", "1/%00"}}),
               ContainsSubstring("bad_value: no"));
    CHECK_THAT(state.data("quarantine show", {{"entity", "people"}, {"key", "account/1"}}),
               ContainsSubstring("\"sqlstate\": \"23514\""));
    state.text("quarantine show", {{"entity", "people"}, {"key", "account/2"}}, 1);
}

TEST_CASE("retry queues the roots it names and leaves the settled position where it is", "[cli]") {
    State state;
    WriteSet set;
    write_position(set, {1, EndLsn{Lsn{1000}}, {}, 0});
    state.store().write(set, true);
    state.reject(state.root("people", {Value{std::string{"account/1"}}}), "a");
    state.reject(state.root("people", {Value{std::string{"account/2"}}}), "a");
    state.reject(state.root("lines", {Value{std::int64_t{1}}, Value{std::int64_t{1}}}), "b");
    CHECK(state.data("quarantine retry", {{"entity", "people"}, {"key", "account/2"}}) ==
          "{\"roots\": 1}");
    CHECK(count_work(state.store()).open == 1);
    CHECK(settled_lsn(state.store()).lsn == Lsn{1000});
    CHECK(first_work(state.store())->key ==
          state.root("people", {Value{std::string{"account/2"}}}).root);
    state.text("quarantine retry", {{"entity", "people"}});
    CHECK(count_work(state.store()).open == 3);
    state.text("quarantine retry", {});
    CHECK(count_work(state.store()).open == 6);
    state.text("quarantine retry", {{"entity", "people"}, {"key", "account/3"}}, 1);
}

TEST_CASE("the name of every root is read back as that root", "[cli][property]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    crossfade::test::RandomValue random{seed};
    // A part of a key has one type; PostgreSQL's texts hold no NUL.
    const auto part = [&](std::size_t type) {
        for (;;) {
            Value value = random();
            const auto* text = std::get_if<std::string>(&value);
            if (text != nullptr && text->find('\0') != std::string::npos) continue;
            if (is_null(value) || value.index() == type) return value;
        }
    };
    const auto type = [&] { return random().index(); };
    for (int round = 0; round < 40; ++round) {
        State state;
        const std::size_t types[] = {type(), type(), type()};
        std::map<std::string, RootRef> names;
        for (int i = 0; i < 40; ++i) {
            const bool line = i % 2 == 0;
            const RootRef root = line ? state.root("lines", {part(types[0]), part(types[1])})
                                      : state.root("people", {part(types[2])});
            DerivedRecord record;
            record.state = StoredState::applied;
            record.members = 1;
            state.derive(root, record);
            const std::string name = display_root(state.program(), root.root);
            INFO(name);
            const auto [other, first] = names.emplace((line ? "l " : "p ") + name, root);
            CHECK((first || other->second == root));
            CHECK(find_root(state.program(), state.store(), root.entity, name) == root.root);
        }
    }
}

TEST_CASE("a discarded root is no longer listed, until it is refused for another reason", "[cli]") {
    State state;
    const RootRef bad = state.root("people", {Value{std::string{"account/1"}}});
    state.reject(bad, "one");
    CHECK_THAT(state.text("quarantine discard", {{"entity", "people"}, {"key", "account/1"}}),
               ContainsSubstring("1 discarded"));
    CHECK(state.text("quarantine list", {}) == "nothing is in quarantine\n");
    CHECK_THAT(state.text("quarantine list", {{"discarded", "true"}}),
               ContainsSubstring("account/1"));
    state.reject(bad, "another");
    CHECK_THAT(state.text("quarantine list", {}), ContainsSubstring("another"));
}

TEST_CASE("a root without a key is shown by its row and found so", "[cli]") {
    State state;
    const EntityIndex people = state.program().find_entity("people");
    const IndexId index = state.program().entities[people].member_indexes[1];
    const RootRef root{people, unresolved_root(state.program().indexes[index],
                                               {encode_key(Value{std::int64_t{5}}), 0})};
    CHECK(display_root(state.program(), root.root) == "?login/5");
    state.reject(root, "missing");
    CHECK(find_root(state.program(), state.store(), people, "?login/5") == root.root);
}
