#include "service/state_shape.hpp"

#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "tests/support/catch.hpp"

#include "pipeline/work_queue.hpp"

#include <algorithm>

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {

// Two entities with a parent, two claims, a lookup by a computed key and a deferred column.
constexpr std::string_view kMapping = R"yaml(
version: 1
namespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7
functions:
  "plus(n)": n + 1
entities:
  teams:
    target: public.team
    root: {row: team, as: t}
    id: "'team/' || t.id"
    columns:
      name: {claim: txt(t.name), else: null}
      rank: t.rank
  people:
    target: public.person
    root: {row: person, as: p}
    id: "'person/' || p.id"
    lookups: {other: "person[plus(p.id)]"}
    parents: {team_id: {of: teams, root: p.team_id}}
    columns:
      name: {claim: txt(p.name), else: null}
      mail: {claim: txt(p.mail), within: [name], else: null}
      next: other.name
)yaml";

CatalogTable people_table(const std::string& name, const std::vector<std::string>& numbers,
                          const std::vector<std::string>& texts) {
    CatalogTable result;
    result.name = name;
    for (const std::string& column : numbers)
        result.columns.push_back({column, Type::integer, "bigint", true, false});
    for (const std::string& column : texts)
        result.columns.push_back({column, Type::text, "text", true, false});
    result.primary_key = result.identity_key = {"id"};
    return result;
}

Context context_of(const std::string& yaml) {
    Findings findings;
    Context context;
    auto mapping = parse_mapping(yaml, "test.yaml", findings);
    if (mapping) {
        context.mapping = *mapping;
        context.catalog = {{"public.team", people_table("team", {"id", "rank"}, {"name", "mail"})},
                           {"public.person", people_table("person", {"id", "team_id", "age"},
                                                          {"name", "mail", "nick"})}};
        context.program = compile(context.mapping, context.catalog, findings);
    }
    for (const Finding& finding : findings)
        UNSCOPED_INFO(finding.format());
    REQUIRE(context.program != nullptr);
    return context;
}

std::string edited(const std::string& from, const std::string& to) {
    std::string text{kMapping};
    const std::size_t place = text.find(from);
    REQUIRE(place != std::string::npos);
    return text.replace(place, from.size(), to);
}

// A state that a service with kMapping has loaded.
void load(Store& store) {
    take_shape(context_of(std::string{kMapping}), store);
    WriteSet set;
    set.put(Family::meta, std::string{keys::kLoad}, "derive");
    store.write(set, true);
}

// What is said of a mapping over the state that kMapping made; empty: it is taken.
std::string refusal_of(const std::string& yaml) {
    MemoryStore store;
    load(store);
    const auto before = store.get(Family::meta, keys::kMappingShape);
    std::string message;
    try {
        take_shape(context_of(yaml), store);
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::trust);
        CHECK_THAT(failure.error().hint(), ContainsSubstring("crossfade drop --state"));
        CHECK(store.get(Family::meta, keys::kMappingShape) == before);
        message = failure.error().message();
    }
    return message;
}

// The number of a target column in the state, after one mapping after the other was gone on with.
std::uint32_t number_of(Store& store, const std::string& yaml, const std::string& entity,
                        const std::string& column) {
    const Context context = context_of(yaml);
    const StateNumbers numbers = take_shape(context, store).numbers;
    const EntityIndex index = context.program->find_entity(entity);
    const auto& columns = context.program->entities[index].target.columns;
    const auto found = std::ranges::find(columns, column, &TargetColumn::name);
    REQUIRE(found != columns.end());
    return numbers.target_columns[index].number(
        static_cast<std::uint32_t>(found - columns.begin()));
}

}  // namespace

TEST_CASE("a state takes the mapping that made it, and one in which only values changed",
          "[service]") {
    CHECK(refusal_of(std::string{kMapping}).empty());
    CHECK(refusal_of(edited("rank: t.rank", "rank: t.rank * 2")).empty());
    CHECK(refusal_of(edited("name: {claim: txt(t.name), else: null}",
                            "name: {claim: txt(t.name), if: length(value) > 1, else: null}"))
              .empty());
    CHECK(refusal_of(edited("version: 1", "# lines move\n\nversion: 1")).empty());
}

TEST_CASE("a state goes on with a mapping in another order", "[service]") {
    MemoryStore store;
    load(store);
    const std::string moved =
        edited("      name: {claim: txt(t.name), else: null}\n      rank: t.rank",
               "      rank: t.rank\n      name: {claim: txt(t.name), else: null}");
    CHECK(number_of(store, std::string{kMapping}, "teams", "name") == 0);
    CHECK(number_of(store, moved, "teams", "name") == 0);
    CHECK(number_of(store, moved, "teams", "rank") == 1);
    CHECK(number_of(store, std::string{kMapping}, "teams", "rank") == 1);
}

TEST_CASE("a number is handed out once: who comes gets a new one, who comes back too",
          "[service]") {
    MemoryStore store;
    load(store);
    const std::string with_more =
        edited("      rank: t.rank", "      more: t.rank + 1\n      rank: t.rank");
    const std::string without_rank = edited("      rank: t.rank\n", "");
    CHECK(number_of(store, with_more, "teams", "rank") == 1);
    CHECK(number_of(store, with_more, "teams", "more") == 2);
    CHECK(number_of(store, std::string{kMapping}, "teams", "rank") == 1);
    CHECK(number_of(store, with_more, "teams", "more") == 3);
    // What a state does not know cannot come back: the column that it read is not in the images.
    take_shape(context_of(without_rank), store);
    CHECK_THROWS_AS(take_shape(context_of(std::string{kMapping}), store), Failure);
}

TEST_CASE("a column that comes is derived for the rows that stand", "[service]") {
    MemoryStore store;
    load(store);
    const TakenShape taken =
        take_shape(context_of(edited("rank: t.rank", "rank: t.rank\n      more: t.rank")), store);
    CHECK(taken.changes == std::vector<std::string>{"new: column teams.more value, owner bridge"});
    const auto item = first_work(store, WorkQueue::work);
    REQUIRE(item);
    CHECK(item->kind == WorkItem::Kind::again);
    CHECK(item->entity == 0);
    // Taken once, the mapping is the state's own.
    CHECK(take_shape(context_of(edited("rank: t.rank", "rank: t.rank\n      more: t.rank")), store)
              .changes.empty());
}

TEST_CASE("what is queued for a thing that went is dropped, other work begins anew", "[service]") {
    MemoryStore store;
    load(store);
    const Context before = context_of(std::string{kMapping});
    const auto lookup = std::ranges::find_if(
        before.program->nodes, [&](const Node& node) { return node.kind == Node::Kind::lookup; });
    REQUIRE(lookup != before.program->nodes.end());
    Overlay queued{store};
    WorkItem gone;
    gone.kind = WorkItem::Kind::expand;
    gone.node = static_cast<std::uint32_t>(lookup - before.program->nodes.begin());
    WorkItem stays;
    stays.kind = WorkItem::Kind::again;
    stays.cursor = "a key";
    stays.walked = 7;
    put_work(queued, queued.staged(), gone, Lsn{1});
    put_work(queued, queued.staged(), stays, Lsn{2});
    store.write(queued.staged(), true);

    take_shape(context_of(edited("      next: other.name\n", "")), store);
    const auto left = first_work(store, WorkQueue::work);
    REQUIRE(left);
    CHECK(left->kind == WorkItem::Kind::again);
    CHECK(left->cursor.empty());
    CHECK(left->walked == 0);
    CHECK(count_work(store).open == 1);
}

TEST_CASE("until the images are in, and not while the load derives, a mapping may be any other",
          "[service]") {
    MemoryStore store;
    take_shape(context_of(std::string{kMapping}), store);
    CHECK_NOTHROW(take_shape(context_of(edited("'team/'", "'group/'")), store));
    load(store);
    WriteSet set;
    enqueue_load(*context_of(std::string{kMapping}).program, store, set, Lsn{1});
    store.write(set, true);
    try {
        take_shape(context_of(edited("rank: t.rank", "rank: t.rank\n      more: t.rank")), store);
        FAIL("taken");
    } catch (const Failure& failure) {
        CHECK_THAT(failure.error().message(), ContainsSubstring("the load is not finished"));
    }
}

TEST_CASE("a command does not go on with a changed mapping before the service has", "[service]") {
    MemoryStore store;
    load(store);
    CHECK_NOTHROW(require_shape(context_of(std::string{kMapping}), store));
    try {
        require_shape(context_of(edited("rank: t.rank", "rank: t.rank\n      more: t.rank")),
                      store);
        FAIL("taken");
    } catch (const Failure& failure) {
        CHECK_THAT(failure.error().message(), ContainsSubstring("column teams.more"));
        CHECK_THAT(failure.error().hint(), ContainsSubstring("restart"));
    }
}

TEST_CASE("a state refuses a mapping under which what it stores would mean something else",
          "[service]") {
    struct Change {
        const char* from;
        const char* to;
        const char* says;
    };
    for (const Change& change : std::vector<Change>{
             // a claim more, less, or of other columns
             {"rank: t.rank", "rank: {claim: t.rank, else: null}", "column teams.rank"},
             {"name: {claim: txt(t.name), else: null}", "name: t.name", "column teams.name"},
             {"within: [name], ", "", "claim people.mail"},
             {"claim: txt(p.mail), ", "claim: txt(p.mail), order: [p.id], ", "claim people.mail"},
             // a target column that stands for more than the source says, or is owned otherwise
             {"rank: t.rank", "rank: t.rank\n      more: {value: t.rank, owner: until_changed}",
              "column teams.more"},
             {"next: other.name", "next: {value: other.name, owner: until_changed}",
              "column people.next"},
             // a parent more or less
             {"parents: {team_id", "parents: {first_id: {of: teams, root: p.team_id}, team_id",
              "column people.first_id"},
             {"    parents: {team_id: {of: teams, root: p.team_id}}\n", "", "team_id"},
             // another relation, column or type
             {"rank: t.rank", "rank: txt(t.mail)", "column public.team.mail"},
             {"next: other.name", "next: other.nick", "column public.person.nick"},
             // another id, table or key of a lookup
             {"id: \"'team/' || t.id\"", "id: \"'group/' || t.id\"", "entity teams target"},
             {"target: public.team", "target: public.teams", "entity teams target"},
             {"\"plus(n)\": n + 1", "\"plus(n)\": n + 2", "people looks up"},
         }) {
        INFO(change.from << " -> " << change.to);
        CHECK_THAT(refusal_of(edited(change.from, change.to)), ContainsSubstring(change.says));
    }
}
