// A table without a key: its rows may be equal, and each of them counts.
#include "tests/pipeline/counting_store.hpp"
#include "tests/pipeline/model_target.hpp"
#include "tests/support/catch.hpp"

#include "pipeline/batch.hpp"
#include "pipeline/stager.hpp"
#include "state/memory_store.hpp"

namespace crossfade::test {
namespace {

constexpr const char* kMapping =
    "version: 1\nnamespace: 549b22fb-a5c3-5d16-94b0-27e90695449f\nentities:\n"
    "  labels:\n    target: public.labels\n"
    "    root: {group: {l: {from: label, key: id}}}\n"
    "    id: \"'label/' || key.id\"\n"
    "    columns: {rows: count(l), words: \"list(l, word, order word)\"}\n";

std::map<std::string, CatalogTable> catalog() {
    CatalogTable label;
    label.name = "label";
    label.columns = {{"id", Type::integer, "bigint"}, {"word", Type::text, "text"}};
    label.identity = ReplicaIdentity::full;
    label.identity_key = {"id", "word"};
    return {{"public.label", label}};
}

class Labels {
public:
    Labels() {
        Findings findings;
        const auto mapping = parse_mapping(kMapping, "labels.yaml", findings);
        REQUIRE(mapping);
        program_ = compile(*mapping, catalog(), findings);
        INFO((findings.empty() ? "" : findings.front().format()));
        REQUIRE(program_);
    }

    static Change insert(std::int64_t id, const std::string& word) {
        return {Operation::insert, 0, {id, word}, {}};
    }
    static Change remove(std::int64_t id, const std::string& word) {
        return {Operation::remove, 0, {}, {id, word}};
    }
    static Change update(std::int64_t id, const std::string& from, const std::string& to) {
        return {Operation::update, 0, {id, to}, {id, from}};
    }

    // The words of label 1 as its row holds them; empty: there is no row.
    std::string apply(const std::vector<Change>& changes) {
        Batch batch{*program_, state_, {}};
        batch.stage(changes);
        lsn_ += 8;
        batch.close(EndLsn{Lsn{lsn_}});
        TargetBatch writes = batch.derive();
        for (const RowWrite& write : writes.writes)
            words_ = std::get<Json>(write.values.at(1)).text;
        if (!writes.deletes.empty()) words_.clear();
        batch.accept({});
        state_.write(batch.changes(read_position(state_)), true);
        return words_;
    }

    std::uint64_t images_read() const { return state_.gets_of(Family::images); }
    std::int64_t rows() const { return read_counter(state_, 0, "source"); }

private:
    std::shared_ptr<const Program> program_;
    MemoryStore memory_;
    CountingStore state_{memory_};
    std::string words_;
    std::uint64_t lsn_ = 0;
};

}  // namespace

TEST_CASE("rows of a table without a key come and go one by one, equal ones too", "[pipeline]") {
    Labels labels;
    using L = Labels;
    CHECK(labels.apply({L::insert(1, "a"), L::insert(1, "b"), L::insert(1, "a")}) ==
          R"(["a", "a", "b"])");
    CHECK(labels.rows() == 3);
    CHECK(labels.apply({L::insert(1, "a")}) == R"(["a", "a", "a", "b"])");
    CHECK(labels.apply({L::remove(1, "a")}) == R"(["a", "a", "b"])");
    CHECK(labels.apply({L::update(1, "a", "b")}) == R"(["a", "b", "b"])");
    CHECK(labels.apply({L::update(1, "b", "a"), L::remove(1, "a"), L::remove(1, "b")}) ==
          R"(["a"])");
    CHECK(labels.rows() == 1);
    CHECK(labels.apply({L::remove(1, "a")}).empty());
    CHECK(labels.rows() == 0);
    CHECK_THROWS_AS(labels.apply({L::remove(1, "a")}), Failure);
}

TEST_CASE("n equal rows cost reads in proportion to n log n, not to n squared", "[pipeline]") {
    constexpr std::int64_t kRows = 500;
    Labels labels;
    for (std::int64_t i = 0; i < kRows; ++i)
        labels.apply({Labels::insert(1, "a")});
    CHECK(labels.rows() == kRows);
    for (std::int64_t i = 0; i < kRows; ++i)
        labels.apply({Labels::remove(1, "a")});
    CHECK(labels.rows() == 0);
    // Twice the logarithm of 500 to find a row's number, and a few for the row itself. One by one
    // they were 250,000.
    CHECK(labels.images_read() < 2 * kRows * (2 * 9 + 6));
}

TEST_CASE("a row of a table without a key cannot be looked up, and the finding stands there once",
          "[pipeline]") {
    Findings findings;
    std::string yaml = kMapping;
    yaml += "    lookups: {other: \"label[key.id, 'x']\"}\n";
    yaml.replace(yaml.find("rows: count(l)"), 14, "rows: length(other.word || other.word)");
    const auto mapping = parse_mapping(yaml, "labels.yaml", findings);
    REQUIRE(mapping);
    CHECK_FALSE(compile(*mapping, catalog(), findings));
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().message.find("\"label\" has no key") != std::string::npos);
}

}  // namespace crossfade::test
