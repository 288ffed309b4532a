#include "tests/pair/pair_tables.hpp"

namespace crossfade::test {

namespace {

constexpr PairTable kTables[] = {
    {"organization_units", "SELECT 'organizations/' || id FROM organizations", "organizations",
     nullptr, true, "{updated_at}"},
    {"users",
     "SELECT 'accounts/' || id FROM accounts UNION ALL SELECT 'users/' || u.id FROM users AS u "
     "WHERE NOT EXISTS (SELECT FROM accounts AS a WHERE a.id = u.account_id)",
     "accounts, users", nullptr, true, "{updated_at}"},
    {"persons", "SELECT 'persons/' || id FROM persons", "persons", nullptr, true, "{updated_at}"},
    {"students", "SELECT 'students/' || id FROM students", "students", nullptr, true,
     "{updated_at}"},
    {"staff_members", "SELECT 'teachers/' || id FROM teachers", "teachers", nullptr, true,
     "{updated_at}"},
    {"academic_terms", "SELECT 'academic_term/' || year || '/' || term FROM ext.terms",
     "edu_years, edu_years, course",
     "SELECT count(*) FROM ext.course_terms WHERE year IS NULL OR term IS NULL", false,
     "{updated_at}"},
    {"courses", "SELECT 'subject_catalog/' || id FROM subject_catalog", "subject_catalog", nullptr,
     true, "{updated_at}"},
    {"course_offerings", "SELECT 'course/' || id FROM ext.offerings", "course",
     "SELECT count(*) FROM course WHERE id NOT IN (SELECT id FROM "
     "ext.offerings_by_rule)",
     true, "{updated_at, max_enrollment}"},
    {"course_instructors",
     "SELECT DISTINCT 'instructor/' || course_id || '/' || login FROM ext.instructors JOIN "
     "ext.offerings AS o ON o.id = course_id WHERE active = 1 AND login IS NOT NULL",
     "course_teacher",
     "SELECT count(*) FROM ext.instructors AS i WHERE CASE WHEN login IS NULL THEN active = 1 ELSE "
     "NOT EXISTS (SELECT FROM ext.offerings AS o WHERE o.id = i.course_id) AND EXISTS (SELECT FROM "
     "ext.instructors AS m WHERE (m.course_id, m.login) IS NOT DISTINCT FROM (i.course_id, "
     "i.login) "
     "AND m.active = 1) END",
     false, "{updated_at, created_at}"},
    {"course_enrollments",
     "SELECT 'enrollment/' || course_id || '/' || student_id FROM (SELECT course_id, student_id "
     "FROM course_student UNION SELECT course_id, student_id FROM journal) AS c JOIN ext.offerings "
     "AS o ON o.id = c.course_id JOIN ext.students AS s ON s.id = c.student_id",
     "course_student, journal",
     "SELECT count(*) FROM (SELECT course_id, student_id FROM course_student UNION ALL SELECT "
     "course_id, student_id FROM journal) AS c WHERE NOT EXISTS (SELECT FROM ext.offerings AS o "
     "WHERE o.id = c.course_id) OR NOT EXISTS (SELECT FROM ext.students AS s WHERE s.id = "
     "c.student_id)",
     false, "{updated_at, created_at}"},
    {"assessments",
     "SELECT DISTINCT 'assessment/' || course_id || '/' || coalesce(course_eva_id::text, 'null') "
     "FROM journal AS j JOIN ext.offerings AS o ON o.id = j.course_id WHERE j.active = 1",
     "journal",
     "SELECT coalesce(sum(n), 0) FROM (SELECT course_id, count(*) AS n FROM journal GROUP BY "
     "course_id, course_eva_id HAVING bool_or(active = 1)) AS g WHERE NOT EXISTS (SELECT FROM "
     "ext.offerings AS o WHERE o.id = g.course_id)",
     false, "{updated_at}"},
    {"grades",
     "SELECT DISTINCT 'grade/' || course_id || '/' || coalesce(course_eva_id::text, 'null') || '/' "
     "|| student_id FROM journal AS j JOIN ext.offerings AS o ON o.id = j.course_id JOIN "
     "ext.students "
     "AS s ON s.id = j.student_id WHERE j.active = 1",
     "journal, journal_details",
     "SELECT (SELECT count(*) FROM journal_details AS d WHERE NOT EXISTS (SELECT FROM journal AS j "
     "WHERE j.id = d.journal_id)) + coalesce(sum(n), 0) FROM (SELECT course_id, student_id, "
     "count(DISTINCT j.id) + "
     "count(d.id) AS n FROM journal AS j LEFT JOIN journal_details AS d ON d.journal_id = j.id "
     "GROUP BY course_id, course_eva_id, student_id HAVING bool_or(j.active = 1)) AS g WHERE NOT "
     "EXISTS (SELECT FROM ext.offerings AS o WHERE o.id = g.course_id) OR NOT EXISTS (SELECT FROM "
     "ext.students AS s WHERE s.id = g.student_id)",
     false, "{updated_at, created_at}"}};

constexpr const char* kSourceTables[] = {"persons",
                                         "accounts",
                                         "users",
                                         "students",
                                         "organizations",
                                         "org_names",
                                         "dictionaries",
                                         "teachers",
                                         "edu_years",
                                         "subject_dic",
                                         "subject_catalog",
                                         "education_plan_subject",
                                         "course",
                                         "course_teacher",
                                         "course_student",
                                         "journal",
                                         "journal_details",
                                         "evaluation_type",
                                         "academic_schedule",
                                         "academic_schedule_details"};

// Rules: docs/edu-lms.md, choices 1, 16, 19; an offering needs its subject and its term.
constexpr const char* kViews = R"(
CREATE FUNCTION ext.txt(x text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT nullif(btrim(x, E' \t\n\v\f\r\u00A0'), '') $$;
CREATE FUNCTION ext.year_of(name text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT replace(substring(ext.txt(name) FROM '^[0-9]{4}[/-][0-9]{4}$'), '/', '-') $$;
CREATE TABLE ext.standing (entity text, id bigint);
CREATE VIEW ext.course_terms AS
SELECT c.id,
       coalesce(ext.year_of(y.name), replace(substring(ext.txt(c.code) FROM
                '^([0-9]{4}/[0-9]{4})_(?:PY|YZ)_'), '/', '-')) AS year,
       coalesce(CASE c.semester_id WHEN 110000135 THEN 'fall' WHEN 110000136 THEN 'spring' END,
                CASE substring(ext.txt(c.code) FROM '^[0-9]{4}/[0-9]{4}_(PY|YZ)_')
                WHEN 'PY' THEN 'fall' WHEN 'YZ' THEN 'spring' END) AS term
FROM course AS c LEFT JOIN edu_years AS y ON y.id = c.education_year_id;
CREATE VIEW ext.terms AS
SELECT ext.year_of(name) AS year, term FROM edu_years, (VALUES ('fall'), ('spring')) AS t (term)
WHERE ext.year_of(name) IS NOT NULL
UNION SELECT year, term FROM ext.course_terms WHERE year IS NOT NULL AND term IS NOT NULL;
CREATE VIEW ext.offerings_by_rule AS
SELECT c.id FROM course AS c JOIN ext.course_terms AS t USING (id)
JOIN education_plan_subject AS p ON p.id = c.education_plan_subject_id
JOIN (SELECT id FROM subject_catalog
      UNION SELECT id FROM ext.standing WHERE entity = 'courses') AS s ON s.id = p.subject_id
WHERE t.year IS NOT NULL AND t.term IS NOT NULL;
CREATE VIEW ext.offerings AS SELECT id FROM ext.offerings_by_rule
UNION SELECT id FROM ext.standing WHERE entity = 'course_offerings';
CREATE VIEW ext.students AS SELECT id FROM students
UNION SELECT id FROM ext.standing WHERE entity = 'students';
CREATE VIEW ext.instructors AS
SELECT c.course_id, c.active, coalesce(a.id::text, 'users/' || u.id) AS login
FROM course_teacher AS c LEFT JOIN teachers AS t ON t.id = c.teacher_id
LEFT JOIN users AS u ON u.id = t.user_id LEFT JOIN accounts AS a ON a.id = u.account_id;
)";

}  // namespace

std::span<const PairTable> pair_tables() { return kTables; }

std::span<const char* const> source_tables() { return kSourceTables; }

const char* pair_views() { return kViews; }

}  // namespace crossfade::test
