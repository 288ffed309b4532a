// The roles of the demonstration pair, as demo/*/bridge.sql makes them: enough for everything the
// bridge does, nothing in them that it can do without, and `check` names whatever is missing.
#include "tests/cli/program.hpp"

#include <csignal>
#include <functional>
#include <set>
#include <utility>

using namespace crossfade::test;

namespace {

std::string demo(const std::string& path) {
    return read_text(Program::source_file("demo/" + path));
}

// Whole statements; a DO block is one.
std::vector<std::string> statements(const std::string& sql) {
    std::vector<std::string> found(1);
    std::istringstream lines(sql);
    bool block = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.starts_with("--")) continue;
        found.back() += line + "\n";
        if (line.find("$$") != std::string::npos) block = !block;
        if (!block && line.ends_with(";")) found.emplace_back();
    }
    found.pop_back();
    return found;
}

// Every right of a list of statements by itself: GRANT a, b ON x, y becomes four.
std::vector<std::string> single_rights(const std::vector<std::string>& of) {
    const auto split = [](const std::string& list) {
        std::vector<std::string> items(1);
        int depth = 0;
        for (const char c : list) {
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == ',' && depth == 0)
                items.emplace_back();
            else if (c != '\n' && !(c == ' ' && items.back().empty()))
                items.back() += c;
        }
        return items;
    };
    std::vector<std::string> rights;
    for (const std::string& statement : of) {
        const std::size_t on = statement.find(" ON");
        const std::size_t to = statement.rfind(" TO ");
        if (!statement.starts_with("GRANT ")) {
            rights.push_back(statement);
            continue;
        }
        std::string objects = statement.substr(on + 3, to - on - 3);
        std::string kind;
        for (const std::string word : {" FUNCTION", " SCHEMA"}) {
            if (!objects.starts_with(word)) continue;
            kind = word;
            objects.erase(0, word.size());
        }
        for (const std::string& right : split(statement.substr(6, on - 6))) {
            for (std::string object : split(objects)) {
                while (object.ends_with(' '))
                    object.pop_back();
                rights.push_back("GRANT " + right + " ON" + kind + " " + object + " TO crossfade;");
            }
        }
    }
    return rights;
}

// edu and lms on servers of their own, since roles belong to a server, and the program between
// them as role crossfade.
class Pair {
public:
    explicit Pair(const std::string& mapping = "edu-lms.yaml") {
        edu_.execute("postgres", "CREATE DATABASE edu");
        lms_.execute("postgres", "CREATE DATABASE lms");
        edu_.execute("edu", demo("edu/schema.sql"));
        lms_.execute("lms", demo("lms/schema.sql"));
        // What `check` has a statement for, but no role's.
        lms_.execute("lms", "CREATE INDEX ON grade_appeals (grade_id)");
        // Nothing that PUBLIC may do by default is taken for granted.
        edu_.execute("edu", "REVOKE ALL ON SCHEMA public FROM public");
        lms_.execute("lms", "REVOKE ALL ON SCHEMA public FROM public");
        program_.write("crossfade.yaml", "source: {conninfo: \"" + edu_.conninfo("edu") +
                                             " user=crossfade\"}\ntarget: {conninfo: \"" +
                                             lms_.conninfo("lms") +
                                             " user=crossfade\"}\nmapping: " +
                                             Program::source_file("mappings/" + mapping).string() +
                                             "\nstate: state\nsecrets: {bcrypt_cost: 4}\n");
    }
    ~Pair() {
        if (service_ > 0) stop();
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    void grant() const {
        edu_.execute("edu", demo("edu/bridge.sql"));
        lms_.execute("lms", demo("lms/bridge.sql"));
    }
    // With a kill point the service ends there by itself.
    void start(const std::string& kill_point = "") {
        std::vector<std::string> environment;
        if (!kill_point.empty()) environment.push_back("CROSSFADE_KILL_POINT=" + kill_point);
        service_ = spawn({.argv = {CROSSFADE_BINARY_DIR "/crossfade", "-c",
                                   program_.path("crossfade.yaml").string(), "run"},
                          .environment = environment,
                          .output = program_.path("log")});
    }
    int stop(int signal = SIGTERM) {
        ::kill(service_, signal);
        return wait_for(std::exchange(service_, -1));
    }
    int end() { return wait_for(std::exchange(service_, -1)); }
    void settle() const {
        const Answer answer = program_.run({"wait", "--timeout", "60s"});
        INFO(read_text(program_.path("log")));
        REQUIRE(answer.status == 0);
    }
    Answer run(const std::vector<std::string>& arguments) const { return program_.run(arguments); }
    Answer check() const { return program_.run({"check"}); }
    std::string log() const { return read_text(program_.path("log")); }
    void edu(const std::string& sql) const { edu_.execute("edu", sql); }
    void lms(const std::string& sql) const { lms_.execute("lms", sql); }
    std::string edu_value(const std::string& sql) const { return edu_.value("edu", sql); }
    std::string lms_value(const std::string& sql) const { return lms_.value("lms", sql); }

private:
    Cluster edu_{{.settings = {{"max_slot_wal_keep_size", "'1GB'"}}}};
    Cluster lms_;
    Program program_;
    pid_t service_ = -1;
};

// What `check` says of the pair whatever the role: whoever's is_current may want one value, and the
// counter of enrolments works for the bridge's rows too.
constexpr const char* kClean = "0 errors, 2 warnings";

constexpr const char* kData =
    "INSERT INTO organizations (id, create_date, active) VALUES (1, now(), 1);"
    "INSERT INTO persons (id, firstname, lastname, create_date, active)"
    "  SELECT i, 'Ad', 'Soyad', now(), 1 FROM generate_series(1, 20) AS i;"
    "INSERT INTO accounts (id, person_id, username, password, create_date, active)"
    "  SELECT i, i, 'adam' || i, encode('gizli'::bytea, 'base64'), now(), 1"
    "  FROM generate_series(1, 20) AS i;"
    "INSERT INTO users (id, account_id, create_date, active, is_blocked)"
    "  SELECT 100 + i, i, now(), 1, 0 FROM generate_series(1, 20) AS i;"
    "INSERT INTO students (id, user_id, person_id, create_date, active)"
    "  SELECT 200 + i, 100 + i, i, now(), 1 FROM generate_series(1, 10) AS i;"
    "INSERT INTO teachers (id, user_id, person_id, organization_id, create_date, active)"
    "  SELECT 300 + i, 110 + i, 10 + i, 1, now(), 1 FROM generate_series(1, 10) AS i;"
    "INSERT INTO edu_years (id, name, active) VALUES (1, '2024/2025', 1), (2, '2025/2026', 1);"
    "INSERT INTO subject_catalog (id, create_date, active) VALUES (1, now(), 1), (2, now(), 1);"
    "INSERT INTO education_plan_subject (id, subject_id, credit, active) VALUES (1, 1, '5', 1);"
    "INSERT INTO course (id, code, education_plan_subject_id, semester_id, education_year_id,"
    "                    student_count, create_date, active)"
    "  SELECT i, 'Kurs ' || i, 1, 110000135, 1, 30, now(), 1 FROM generate_series(1, 2) AS i;"
    "INSERT INTO course_teacher (id, course_id, teacher_id, lesson_type_id, create_date, active)"
    "  SELECT i, 1, 300 + i, 110000111, now(), 1 FROM generate_series(1, 3) AS i;"
    "INSERT INTO course_student (id, course_id, student_id, create_date, active)"
    "  SELECT i, 1 + i % 2, 200 + i, now(), 1 FROM generate_series(1, 10) AS i;"
    "INSERT INTO dictionaries (id, code, name_az, active) VALUES (9, '9', 'Kollokvium', 1);"
    "INSERT INTO journal (id, course_id, course_eva_id, student_id, create_date, active)"
    "  SELECT i, 1 + i % 2, 9, 200 + i, now(), 1 FROM generate_series(1, 10) AS i;"
    "INSERT INTO journal_details (id, journal_id, point_id_1, create_date, active)"
    "  SELECT i, i, 9, now(), 1 FROM generate_series(1, 10) AS i;";

constexpr const char* kChanges =
    "UPDATE persons SET firstname = 'Yeni' WHERE id < 5;"
    "UPDATE accounts SET username = 'yeni' || id WHERE id < 5;"
    "UPDATE students SET active = 0 WHERE id = 201;"
    "DELETE FROM teachers WHERE id = 301; DELETE FROM persons WHERE id = 20;"
    "INSERT INTO students (id, user_id, person_id, create_date, active)"
    "  VALUES (299, 111, 11, now(), 1);"
    // Rows of tables that the bridge deletes from: a year goes (its terms stay), a teacher and a
    // student with his marks leave a course, and all marks another one.
    "DELETE FROM edu_years WHERE id = 2; UPDATE course_teacher SET active = 0 WHERE id = 2;"
    "UPDATE journal SET active = 0 WHERE course_id = 2;"
    "DELETE FROM journal_details WHERE journal_id = 2; DELETE FROM journal WHERE id = 2;"
    "DELETE FROM course_student WHERE id = 2;";

// Rows of the tables from which the changes take some away.
std::string rows(const Pair& pair) {
    std::string counts;
    for (const char* table : {"academic_terms", "course_offerings", "course_instructors",
                              "course_enrollments", "assessments", "grades"}) {
        if (!counts.empty()) counts += " ";
        counts += pair.lms_value(std::string{"SELECT count(*) FROM "} + table);
    }
    return counts;
}

std::string audited(const Pair& pair) { return pair.lms_value("SELECT count(*) FROM audit_logs"); }

}  // namespace

TEST_CASE("the roles of bridge.sql are enough to load, follow, verify and drop",
          "[cli][postgres]") {
    Pair pair;
    pair.grant();
    pair.edu(kData);
    const Answer check = pair.check();
    REQUIRE(check.status == 0);
    CHECK(check.says(kClean));
    // A load that is cut off begins anew, without the right to create schemas.
    pair.start("images_loaded");
    REQUIRE(pair.end() == 128 + SIGKILL);
    pair.start();
    pair.settle();
    CHECK(rows(pair) == "4 2 3 10 2 10");
    pair.edu(kChanges);
    pair.settle();
    CHECK(pair.run({"verify"}).status == 0);
    CHECK(pair.lms_value("SELECT count(*) FROM students") == "11");
    CHECK(rows(pair) == "4 2 1 9 1 4");
    CHECK(pair.lms_value("SELECT count(*) FROM pg_replication_origin") == "1");
    // Audit rows are for what people do; the triggers are there for them all the same.
    CHECK(audited(pair) == "0");
    pair.lms("UPDATE users SET mfa_enabled = true WHERE username = 'adam9'");
    CHECK(audited(pair) == "1");
    // updated_at stays the trigger's.
    CHECK(pair.lms_value("SELECT bool_and(updated_at > created_at) FROM persons"
                         " WHERE first_name = 'Yeni'") == "t");
    CHECK(pair.stop() == 0);
    CHECK(pair.run({"drop", "--yes", "--state"}).status == 0);
    CHECK(pair.lms_value("SELECT count(*) FROM users") == "20");
    CHECK(pair.edu_value("SELECT count(*) FROM pg_replication_slots") == "0");
    CHECK(pair.check().says(kClean));
}

TEST_CASE("without app.audit = off each row that the bridge writes is audited", "[cli][postgres]") {
    Pair pair;
    pair.grant();
    pair.edu(kData);
    pair.lms("ALTER ROLE crossfade RESET app.audit");
    const Answer check = pair.check();
    CHECK(check.status == 0);
    CHECK(check.fix("function public.write_audit_log: fires after each row") ==
          "ALTER ROLE \"crossfade\" SET app.audit = 'off';");
    CHECK(
        check.says("fires after each row that the bridge writes to course_enrollments, courses, "
                   "grades, staff_members, students, users, with the rights of role crossfade"));
    // The function runs with the bridge's rights, which do not reach to the audit.
    pair.start();
    CHECK(pair.end() == 2);
    CHECK(pair.log().find("permission denied for table audit_logs") != std::string::npos);
    pair.lms("GRANT INSERT ON audit_logs TO crossfade");
    pair.start();
    pair.settle();
    CHECK(std::stoi(audited(pair)) >= 62);
    CHECK(pair.lms_value("SELECT string_agg(DISTINCT resource_type, ' ' ORDER BY resource_type)"
                         " FROM audit_logs") ==
          "course_enrollments courses grades staff_members students users");
    // A session with the setting is not warned of it, wherever it has it from.
    pair.lms(check.fix("function public.write_audit_log"));
    CHECK(pair.check().says(kClean));
}

TEST_CASE("check misses each right of bridge.sql that is left out, and its statement fixes it",
          "[cli][postgres]") {
    Pair pair;
    const auto edu_rights = single_rights(statements(demo("edu/bridge.sql")));
    const auto lms_rights = single_rights(statements(demo("lms/bridge.sql")));
    REQUIRE(edu_rights.size() == 1 + 1 + 20 + 1);
    REQUIRE(lms_rights.size() == 1 + 1 + 3 * 12 + 7 + 15 + 1 + 5 + 1);
    pair.grant();
    REQUIRE(pair.check().says(kClean));

    const auto taken_away = [&](const std::string& right) -> std::string {
        if (right.starts_with("GRANT ")) {
            std::string revoke = "REVOKE" + right.substr(5);
            return revoke.replace(revoke.rfind(" TO "), 4, " FROM ");
        }
        if (right.starts_with("CREATE SCHEMA")) return "DROP SCHEMA crossfade";
        if (right.find("app.audit") != std::string::npos)
            return "ALTER ROLE crossfade RESET app.audit";
        return {};
    };
    const auto try_without = [&](const std::string& right, const std::string& away,
                                 const std::function<void(const std::string&)>& execute) {
        INFO(right);
        execute(away);
        const Answer answer = pair.check();
        CHECK_FALSE(answer.says(kClean));
        std::istringstream lines(answer.output);
        std::set<std::string> fixes;  // several tables may want the same
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("crossfade run will make")) break;
            if (line.starts_with("    ")) fixes.insert(line.substr(4));
        }
        REQUIRE(fixes.size() == 1);
        execute(*fixes.begin());  // had it not helped, the next check would find two
    };
    const auto on_edu = [&](const std::string& sql) { pair.edu(sql); };
    const auto on_lms = [&](const std::string& sql) { pair.lms(sql); };
    for (const std::string& right : edu_rights) {
        if (const std::string away = taken_away(right); !away.empty())
            try_without(right, away, on_edu);
    }
    for (const std::string& right : lms_rights) {
        if (const std::string away = taken_away(right); !away.empty())
            try_without(right, away, on_lms);
    }
    // The attributes of the roles themselves.
    try_without("LOGIN", "ALTER ROLE crossfade NOLOGIN", on_edu);
    try_without("LOGIN", "ALTER ROLE crossfade NOLOGIN", on_lms);
    try_without("REPLICATION", "ALTER ROLE crossfade NOREPLICATION", on_edu);
    try_without("BYPASSRLS", "ALTER ROLE crossfade NOBYPASSRLS", on_lms);
    // What PUBLIC may do by default, and somebody may have taken away.
    for (const char* function :
         {"pg_logical_emit_message(boolean, text, text)", "pg_drop_replication_slot(name)"}) {
        try_without(function,
                    std::string{"REVOKE EXECUTE ON FUNCTION "} + function + " FROM public", on_edu);
    }
    try_without("CONNECT", "REVOKE CONNECT ON DATABASE edu FROM public", on_edu);
    try_without("CONNECT", "REVOKE CONNECT ON DATABASE lms FROM public", on_lms);
    try_without("TEMPORARY", "REVOKE TEMPORARY ON DATABASE lms FROM public", on_lms);
    CHECK(pair.check().says(kClean));
}

TEST_CASE("the roles of bridge.sql are enough for a grade for every mark", "[cli][postgres]") {
    Pair pair{"edu-lms-g1.yaml"};
    pair.lms(demo("lms/grades-g1.sql"));
    pair.grant();
    pair.edu(kData);
    CHECK(pair.check().says(kClean));
    pair.start();
    pair.settle();
    CHECK(rows(pair) == "4 2 3 10 2 10");
    pair.edu(kChanges);
    pair.settle();
    CHECK(pair.run({"verify"}).status == 0);
    CHECK(rows(pair) == "4 2 1 9 1 4");
}

TEST_CASE("check finds row-level security that a role does not pass, and unchecked foreign keys",
          "[cli][postgres]") {
    Pair pair;
    pair.grant();
    pair.lms("ALTER ROLE crossfade NOBYPASSRLS");
    Answer answer = pair.check();
    CHECK(answer.status == 1);
    CHECK(answer.fix("row-level security of public.students hides rows from role crossfade") ==
          "ALTER ROLE \"crossfade\" BYPASSRLS;");
    // Who owns the table passes, unless it is forced on the owner.
    for (const char* table : {"students", "course_enrollments", "grades"})
        pair.lms(std::string{"ALTER TABLE "} + table + " OWNER TO crossfade");
    CHECK(pair.check().status == 0);
    pair.lms("ALTER TABLE students FORCE ROW LEVEL SECURITY");
    CHECK(pair.check().status == 1);
    pair.lms("ALTER ROLE crossfade BYPASSRLS");
    CHECK(pair.check().status == 0);

    pair.edu("ALTER TABLE persons ENABLE ROW LEVEL SECURITY");
    answer = pair.check();
    CHECK(answer.status == 1);
    pair.edu(answer.fix("source: table public.persons: row-level security hides rows"));
    CHECK(pair.check().status == 0);

    // A session that does not check foreign keys.
    pair.lms("ALTER ROLE crossfade SET session_replication_role = replica");
    answer = pair.check();
    CHECK(answer.status == 1);
    pair.lms(answer.fix("session_replication_role is replica"));
    CHECK(pair.check().status == 0);
}
