// Corruptions of the target by hand while the source is written to: verify finds each of them and
// nothing else, a repair puts right what it can and says of the rest that it does not, and the
// second look is true.
#include "tests/road/mutations.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/catch.hpp"

#include "transforms/functions/uuid5.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;

namespace {

using After = MutationKind::After;

const std::string kReplica = "BEGIN; SET LOCAL session_replication_role = replica; ";

std::string with(std::string text, const std::string& name, const std::string& value) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at))
        text.replace(at, name.size(), value);
    return text;
}

// One corruption of a certain row.
struct Mutation {
    const MutationKind* kind;
    std::string id, fresh;
    std::string filled(const char* text) const {
        return with(with(text, "$id", id), "$new", fresh);
    }
};

// The application of the source, in a thread of its own; Catch2 is asked for nothing there.
class Busy {
public:
    Busy(const EndToEnd& road, unsigned seed) : thread_{[this, &road, seed] { run(road, seed); }} {}
    ~Busy() { stop(); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

    void stop() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    int transactions() const { return transactions_; }
    const std::string& wrong() const { return wrong_; }

private:
    void run(const EndToEnd& road, unsigned seed) {
        try {
            while (!stop_) {
                const auto next = seed % 1'000'000 + static_cast<unsigned>(++transactions_);
                road.source("SELECT shop_busy(" + std::to_string(next) + ", 6)");
                std::this_thread::sleep_for(std::chrono::milliseconds{10});
            }
        } catch (const std::exception& error) {
            wrong_ = error.what();
        }
    }

    std::atomic<bool> stop_ = false;
    std::atomic<int> transactions_ = 0;
    std::string wrong_;
    std::thread thread_;
};

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream parts{text};
    for (std::string word; parts >> word;)
        words.push_back(word);
    return words;
}

class Campaign {
public:
    explicit Campaign(unsigned seed) : seed_{seed}, random_{seed} {
        road_.source(island_sql() + busy_sql());
        road_.target("ALTER TABLE account ALTER password_hash DROP NOT NULL");
        road_.start();
        road_.settle();
        road_.source("DELETE FROM orders WHERE id = 5095");
        road_.settle();
        road_.target(note_island_sql());
        road_.target("CREATE TABLE customer_before AS TABLE customer");
        before_ = island_dump(road_);
        busy_.emplace(road_, seed);
    }

    void quiet_look() {
        CHECK(road_.differences() == 0);
        CHECK(road_.runs());
    }

    // Corrupts so many rows, looks, repairs, looks again, and puts right by hand what is left.
    void round(std::size_t count) {
        const std::vector<Mutation> mutations = choose(count);
        std::string names;
        std::string sql = kReplica;
        for (const Mutation& mutation : mutations) {
            sql += mutation.filled(mutation.kind->sql) + "; ";
            names += mutation.kind->name + (" " + mutation.id + "\n");
        }
        INFO(names);
        road_.target(sql + "COMMIT");
        const CommandResult first = road_.command({"verify", "--json", "--born", "--repair"});
        INFO(first.output);
        CHECK(found_in(first.output) == lines_of(mutations, false));
        CHECK(born_in(first.output) == born_of(mutations));
        const std::size_t taken_over = count_of(mutations, After::taken_over);
        CHECK(look_into(first.output,
                        "SELECT sum((value->>'taken_over')::int) FROM look, "
                        "jsonb_each(j->'entities')") == std::to_string(taken_over));
        CHECK(times_in(first.output, "could not repair") ==
              count_of(mutations, After::left) + count_of(mutations, After::rejected));
        const CommandResult second = road_.command({"verify", "--json"});
        INFO(second.output);
        CHECK(found_in(second.output) == lines_of(mutations, true));
        undo(mutations);
        INFO(differing_lines(before_, island_dump(road_)));
        CHECK(island_dump(road_) == before_);
        corruptions_ += mutations.size();
    }

    // Two rows each take the other's unique value.
    void exchange() {
        std::string sql = kReplica;
        std::set<std::string> lines;
        for (const ExchangeKind& kind : exchange_kinds()) {
            const std::string table = kind.table;
            const std::string column = kind.column;
            // The ids and values of two rows, quoted.
            const auto pair = split(road_.target_value(
                "SELECT string_agg(concat_ws(' ', quote_literal(id), quote_literal(" + column +
                ")), ' ') FROM (SELECT id, " + column + " FROM " + table +
                " JOIN island USING (id) WHERE " + column + " IS NOT NULL ORDER BY md5(id || '" +
                fresh_id() + "') LIMIT 2) AS pair"));
            const auto set = [&](const std::string& id, const std::string& value) {
                sql += "UPDATE " + table + " SET " + column + " = " + value + " WHERE id = " + id +
                       "; ";
                lines.insert("different " + std::string{kind.entity} + " " + id.substr(1, 36) +
                             " " + column);
            };
            set(pair.at(0), kind.meanwhile);
            set(pair.at(2), pair.at(1));
            set(pair.at(0), pair.at(3));
            ++corruptions_;
        }
        road_.target(sql + "COMMIT");
        const CommandResult found = road_.command({"verify", "--json", "--repair"});
        INFO(found.output);
        CHECK(found_in(found.output) == lines);
        road_.settle();
        const std::string left = differing_lines(before_, island_dump(road_));
        CHECK(left == "");
        CHECK(road_.differences() == 0);
    }

    void end() {
        busy_->stop();
        CHECK(busy_->wrong() == "");
        WARN("seed " << seed_ << ": " << corruptions_ << " corruptions of " << kinds()
                     << " kinds and of exchanged values, while " << busy_->transactions()
                     << " transactions were written");
        road_.stop();
    }
    std::size_t corruptions() const { return corruptions_; }
    std::ptrdiff_t kinds() const {
        return std::count_if(tried_.begin(), tried_.end(),
                             [](const auto& k) { return k.second > 0; });
    }

private:
    std::string fresh_id() {
        Uuid id;
        for (auto& byte : id.bytes)
            byte = static_cast<std::uint8_t>(random_());
        id.bytes[6] = static_cast<std::uint8_t>(0x40 | (id.bytes[6] & 0x0F));
        id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3F));
        return id.format();
    }

    // Kinds that were tried least come first, each once in a round, and no row twice.
    std::vector<Mutation> choose(std::size_t count) {
        std::vector<const MutationKind*> kinds;
        for (const MutationKind& kind : mutation_kinds())
            kinds.push_back(&kind);
        std::shuffle(kinds.begin(), kinds.end(), random_);
        std::stable_sort(kinds.begin(), kinds.end(), [&](const auto* a, const auto* b) {
            return tried_[a->name] < tried_[b->name];
        });
        std::vector<Mutation> mutations;
        std::string used = "'00000000-0000-0000-0000-000000000000'";
        for (const MutationKind* kind : kinds) {
            if (mutations.size() == count) break;
            const std::string id = std::string{kind->table} == "sale" ? "sale_id" : "id";
            const std::string where = kind->where;
            Mutation mutation{kind, {}, fresh_id()};
            mutation.id = road_.target_value(
                "SELECT t." + id + " FROM " + kind->table + " AS t JOIN island AS i ON i.id = t." +
                id + " WHERE t." + id + " NOT IN (" + used + ")" +
                (where.empty() ? "" : " AND " + where) + " ORDER BY md5(t." + id + " || '" +
                mutation.fresh + "') LIMIT 1");
            if (mutation.id.empty()) continue;
            if (*kind->id_of != '\0') {
                const auto plain = Uuid::parse(kind->id_of);
                mutation.fresh = (plain ? *plain : uuid_v5(kNamespace, kind->id_of)).format();
            }
            used += ", '" + mutation.id + "'";
            ++tried_[kind->name];
            mutations.push_back(std::move(mutation));
        }
        return mutations;
    }

    // After a repair those are left that nothing repairs.
    static std::set<std::string> lines_of(const std::vector<Mutation>& mutations, bool repaired) {
        std::set<std::string> lines;
        for (const Mutation& mutation : mutations) {
            if (*mutation.kind->found == '\0') continue;
            if (repaired && mutation.kind->after != After::left) continue;
            lines.insert(mutation.filled(mutation.kind->found));
        }
        return lines;
    }
    static std::set<std::string> born_of(const std::vector<Mutation>& mutations) {
        std::set<std::string> ids;
        for (const Mutation& mutation : mutations) {
            if (mutation.kind->born) ids.insert(mutation.fresh);
        }
        return ids;
    }
    static std::size_t count_of(const std::vector<Mutation>& mutations, After after) {
        return static_cast<std::size_t>(
            std::count_if(mutations.begin(), mutations.end(),
                          [&](const Mutation& m) { return m.kind->after == after; }));
    }
    static std::size_t times_in(const std::string& text, const std::string& part) {
        std::size_t times = 0;
        for (std::size_t at = text.find(part); at != std::string::npos;
             at = text.find(part, at + 1))
            ++times;
        return times;
    }

    // A question to a report as JSON, which is the first line of the output.
    std::string look_into(const std::string& output, const std::string& question) const {
        const std::string report = output.substr(0, output.find('\n'));
        if (report.empty() || report.front() != '{') return "no report";
        return road_.target_value("WITH look AS (SELECT $report$" + report +
                                  "$report$::jsonb AS j) " + question);
    }
    std::set<std::string> list_in(const std::string& output, const std::string& question) const {
        std::set<std::string> lines;
        std::istringstream text{look_into(output, question)};
        for (std::string line; std::getline(text, line);)
            lines.insert(line);
        return lines;
    }
    std::set<std::string> found_in(const std::string& output) const {
        return list_in(
            output,
            "SELECT string_agg(concat(f->>'kind', ' ', f->>'entity', ' ', f->>'id', ' ', "
            "f->>'column'), E'\\n') FROM look, jsonb_array_elements(j->'found') f");
    }
    std::set<std::string> born_in(const std::string& output) const {
        return list_in(output,
                       "SELECT string_agg(f->>'id', E'\\n') FROM look, "
                       "jsonb_array_elements(j->'born_rows') f");
    }

    void undo(const std::vector<Mutation>& mutations) {
        std::string sql = kReplica;
        for (const Mutation& mutation : mutations) {
            if (*mutation.kind->undo != '\0') sql += mutation.filled(mutation.kind->undo) + "; ";
        }
        road_.target(sql + "COMMIT");
        if (count_of(mutations, After::rejected) > 0)
            CHECK(road_.command({"quarantine", "retry", "--all"}).status == 0);
        road_.settle();
    }

    static inline const Uuid kNamespace =
        Uuid::parse("7c9e6679-7425-40de-944b-e07fc1f90ae7").value();

    unsigned seed_;
    std::mt19937 random_;
    EndToEnd road_;
    std::string before_;
    std::map<std::string, int> tried_;
    std::size_t corruptions_ = 0;
    std::optional<Busy> busy_;
};

}  // namespace

TEST_CASE("every corruption of the target under load is found, and repaired or said not to be",
          "[road][postgres][campaign][mutations]") {
    // MUTATION_TEST_SEED=n does again what a run has printed.
    const char* const given = std::getenv("MUTATION_TEST_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
    INFO("seed " << seed);
    const std::size_t wanted = is_long_campaign() ? 300 : 30;
    const auto end = std::chrono::steady_clock::now() + campaign_seconds(std::chrono::seconds{0});
    Campaign campaign{seed};
    campaign.quiet_look();
    while (campaign.corruptions() + exchange_kinds().size() < wanted ||
           std::chrono::steady_clock::now() < end) {
        campaign.round(14);
    }
    campaign.quiet_look();
    campaign.exchange();
    campaign.end();
}
