#include "tests/pair/pair_fixture.hpp"

#include "tests/pair/pair_tables.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace crossfade::test {

namespace {

namespace fs = std::filesystem;

const fs::path kTop{CROSSFADE_SOURCE_DIR};
constexpr const char* kNamespace = "549b22fb-a5c3-5d16-94b0-27e90695449f";

// What hangs on courses, and courses.
constexpr const char* kNotPeople =
    "TRUNCATE course, course_teacher, course_student, course_meeting, journal, journal_details, "
    "edu_years, academic_schedule, academic_schedule_details, subject_catalog, "
    "education_plan_subject";

// Three of four generated courses leave with all that hangs on them; what hangs on nothing stays.
constexpr const char* kEveryFourth =
    "CREATE TEMP TABLE leaving AS SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n "
    "FROM course WHERE NOT id::text LIKE '9901%') AS c WHERE n % 4 > 0;"
    "DELETE FROM journal_details AS d USING journal AS j, leaving AS l WHERE j.id = d.journal_id "
    "AND j.course_id = l.id;"
    "DELETE FROM journal AS j USING leaving AS l WHERE j.course_id = l.id;"
    "DELETE FROM course_student AS s USING leaving AS l WHERE s.course_id = l.id;"
    "DELETE FROM course_teacher AS t USING leaving AS l WHERE t.course_id = l.id;"
    "DELETE FROM course AS c USING leaving AS l WHERE c.id = l.id; ANALYZE";

std::string mapping_file() {
    const char* other = std::getenv("PAIR_TEST_MAPPING");
    return other != nullptr ? other : (kTop / "mappings/edu-lms.yaml").string();
}

}  // namespace

PairServers& PairServers::shared() {
    static PairServers servers;
    return servers;
}

BridgeEnds PairServers::ends(const Beginning& beginning) {
    const std::string kind =
        std::string{beginning.scale} + " " + beginning.data + " " + beginning.target;
    const auto [known, fresh] = made_.emplace(kind, std::to_string(made_.size()));
    const std::string edu = "edu_" + known->second;
    const std::string lms = "lms_" + known->second;
    if (fresh) generate(beginning, edu, lms);
    return {source_, edu, target_, lms, mapping_file()};
}

void PairServers::generate(const Beginning& beginning, const std::string& edu,
                           const std::string& lms) {
    source_.execute("postgres", "CREATE DATABASE " + edu);
    target_.execute("postgres", "CREATE DATABASE " + lms);
    if (beginning.data == std::string{"none"}) {
        source_.execute(edu, text_of(kTop / "demo/edu/schema.sql"));
        target_.execute(lms, text_of(kTop / "demo/lms/schema.sql"));
    } else {
        TemporaryDirectory folder;
        const fs::path log = folder / "generate.log";
        const std::string data{beginning.data};
        const bool faithful = data != "nasty";
        const int status =
            run({.argv = {kTop / "demo/generate/generate", "--quiet", "--conninfo",
                          source_.conninfo(edu), "--scale", beginning.scale, "--data",
                          faithful ? "faithful" : data, "--target", beginning.target,
                          "--target-conninfo", target_.conninfo(lms)},
                 .output = log});
        if (status != 0) throw std::runtime_error{text_of(log)};
        if (data == "people") source_.execute(edu, kNotPeople);
        if (data == "few" || data == "nasty") source_.execute(edu, kEveryFourth);
    }
    source_.execute(edu, "CREATE SCHEMA ext; CREATE EXTENSION \"uuid-ossp\" SCHEMA ext");
    source_.execute(edu, pair_views());
}

Pair::Pair(const Beginning& beginning, const Settings& settings, const fs::path& key_file)
    : Bridge{PairServers::shared().ends(beginning), settings, key_file} {}

void Pair::edu(const std::string& sql) const { source(with_ids(sql)); }

std::string Pair::edu_value(const std::string& sql) const { return source_value(with_ids(sql)); }

void Pair::lms(const std::string& sql) const { target(with_ids(sql)); }

std::string Pair::lms_value(const std::string& sql) const { return target_value(with_ids(sql)); }

std::string Pair::lms_rows(const std::string& sql) const {
    return lms_value("SELECT string_agg(r::text, E'\\n') FROM (" + sql + ") AS r");
}

void Pair::play(const std::string& sql) const {
    edu(sql);
    settle();
}

Status Pair::status() const { return parse_status(status_json()); }

std::string Pair::id(const std::string& name) const {
    return edu_value("SELECT ext.uuid_generate_v5('" + std::string{kNamespace} + "', '" + name +
                     "')");
}

std::string Pair::dump() const {
    std::string text;
    for (const PairTable& table : pair_tables()) {
        const std::string name{table.name};
        const std::string ids = edu_value(
            "SELECT coalesce(string_agg(ext.uuid_generate_v5('" + std::string{kNamespace} +
            "', name)::text, ','), '') FROM (" + table.names + ") AS n (name)");
        // Ids of ours are of version 5, those born in lms are not.
        const std::string ours = table.keeps_history ? "false" : "t.id::text LIKE '%-%-5%'";
        text += lms_value("SELECT coalesce(string_agg('" + name +
                          " ' || CASE WHEN n.id IS NULL THEN 'one too many ' || t.id WHEN t.id IS "
                          "NULL THEN 'lacks ' || n.id ELSE (to_jsonb(t) - '" +
                          table.left_out +
                          "'::text[])::text END || E'\\n', '' ORDER BY n.id, t.id), '') FROM "
                          "unnest('{" +
                          ids + "}'::uuid[]) AS n (id) FULL JOIN (SELECT * FROM " + name +
                          ") AS t ON t.id = n.id WHERE n.id IS NOT NULL OR " + ours);
    }
    return text;
}

std::string Pair::edu_dump() const {
    std::string text;
    for (const std::string table : source_tables()) {
        text +=
            edu_value("SELECT coalesce(string_agg('" + table +
                      " ' || t::text || E'\\n', '' ORDER BY t::text), '') FROM " + table + " AS t");
    }
    return text;
}

std::string Pair::row_versions() const {
    std::string text;
    for (const PairTable& table : pair_tables()) {
        text += lms_value("SELECT coalesce(string_agg('" + std::string{table.name} +
                          " ' || t.id || ' ' || xmin || ' ' || ctid || E'\\n', '' ORDER BY id), "
                          "'') FROM " +
                          table.name + " AS t");
    }
    return text;
}

std::string with_ids(const std::string& sql) {
    std::string text;
    for (std::size_t at = 0; at < sql.size();) {
        const std::size_t end = sql.find_first_not_of("0123456789", at + 1);
        const std::size_t digits = (end == std::string::npos ? sql.size() : end) - at - 1;
        if (sql[at] != '#' || digits == 0) {
            text += sql[at++];
            continue;
        }
        text += "9902" + std::string(14 - digits, '0') + sql.substr(at + 1, digits);
        at += digits + 1;
    }
    return text;
}

Human human(int n, const std::string& name) {
    const std::string id = "#" + std::to_string(n);
    const std::string made = "'2024-03-01 10:00+04', 1);\n";
    return {.person =
                "INSERT INTO persons (id, firstname, lastname, gender_id, birthdate, "
                "create_date, active) VALUES (" +
                id + ", '" + name + "', 'ƏLİYEV', 1, '03/02/2001', " + made,
            .account =
                "INSERT INTO accounts (id, person_id, username, email, password, "
                "default_user_id, create_date, active) VALUES (" +
                id + ", " + id + ", '" + name + "', '" + name + "@b.az', '" +
                "R2VuY2UhMDAwMDA3', " + id + ", " + made,
            .user =
                "INSERT INTO users (id, account_id, is_blocked, user_type, create_date, active)"
                " VALUES (" +
                id + ", " + id + ", 0, 'STUDENT', " + made,
            .student =
                "INSERT INTO students (id, person_id, user_id, score, card_number, "
                "create_date, active) VALUES (" +
                id + ", " + id + ", " + id + ", '500', 'K" + std::to_string(n) + "', " + made};
}

namespace {

// The lines of a text in order.
std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream parts{text};
    for (std::string line; std::getline(parts, line);)
        lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

// "journal, journal_details" -> the number of their rows.
std::string rows_of(const Pair& pair, const std::string& sources) {
    std::string sum = "SELECT 0";
    std::istringstream parts{sources};
    for (std::string table; std::getline(parts, table, ',');)
        sum += " + (SELECT count(*) FROM " + table + ")";
    return pair.edu_value(sum);
}

}  // namespace

void check_accounts(const Pair& pair, const std::string& more) {
    const Status status = pair.status();
    CHECK(status.work == 0);
    CHECK(status.entities.size() == pair_tables().size());
    std::string left;
    std::string expected = more;
    for (const EntityAccount& entity : status.entities) {
        INFO("entity " << entity.name);
        CHECK(entity.pending() == 0);
        if (entity.parked != 0)
            left += entity.name + " " + std::to_string(entity.parked) + " parked\n";
        if (entity.rejected != 0)
            left += entity.name + " " + std::to_string(entity.rejected) + " rejected\n";
        for (const PairTable& table : pair_tables()) {
            if (entity.name != table.name) continue;
            CHECK(std::to_string(entity.source) == rows_of(pair, table.sources));
            if (table.parked == nullptr) continue;
            const std::string parked = pair.edu_value(table.parked);
            if (parked != "0") expected += entity.name + " " + parked + " parked\n";
        }
    }
    CHECK(sorted_lines(left) == sorted_lines(expected));
}

void check_pair(const Pair& pair, const std::string& more) {
    CHECK(pair.differences() == 0);
    check_accounts(pair, more);
}

}  // namespace crossfade::test
