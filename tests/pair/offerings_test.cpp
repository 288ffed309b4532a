// What a change of one course does to lms, write by write.
#include "tests/pair/course_rows.hpp"
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Notes every write to what hangs on courses, and in which transaction it was.
constexpr const char* kNotes = R"(
CREATE TABLE notes (n bigserial, tx xid8 DEFAULT pg_current_xact_id(), what text, id uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO notes (what, id)
  VALUES (TG_TABLE_NAME || ' ' || TG_ARGV[0], coalesce(NEW.id, OLD.id));
  RETURN NULL;
END $$;
DO $$ DECLARE t text; w text; BEGIN
  FOREACH t IN ARRAY ARRAY['academic_terms', 'courses', 'course_offerings', 'course_instructors',
                           'course_enrollments', 'assessments', 'grades'] LOOP
    FOREACH w IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON %I FOR EACH ROW EXECUTE FUNCTION note(%L)',
                     'note_' || w, w, t, lower(w));
    END LOOP;
  END LOOP;
END $$;
CREATE TRIGGER note_capacity AFTER UPDATE ON course_offerings FOR EACH ROW
  WHEN (NEW.max_enrollment > OLD.max_enrollment) EXECUTE FUNCTION note('raised');
)";

// What was written since the last call, by its name.
std::string notes(const Pair& pair) {
    const std::string written = pair.lms_value(
        "SELECT string_agg(what || CASE WHEN n > 1 THEN ' ' || n ELSE '' END, ', ' ORDER BY what) "
        "FROM (SELECT what, count(*) AS n FROM notes GROUP BY what) AS w");
    pair.lms("TRUNCATE notes");
    return written;
}

std::string people() {
    std::string all = mark_codes();
    for (int n = 1; n <= 6; ++n)
        all += human(n, "human" + std::to_string(n)).all();
    return all + teacher(5) + teacher(6);
}

// Course #1 with a teacher, an enrolled student and a mark.
std::string taught_course() {
    return course(1).all() + teaching(1, 1, 5, kSeminar) + enrolment(1, 1, 1) +
           journal(1, 1, 1, 9) + detail(1, 1, 8);
}

std::string teachers(const Pair& pair) {
    return pair.lms_rows(
        "SELECT u.username, i.role, i.assigned_date::date FROM course_instructors AS i JOIN users "
        "AS u ON u.id = i.instructor_id ORDER BY 1");
}

}  // namespace

TEST_CASE("Teachers who are deactivated and inserted again in one transaction are updated",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(people() + taught_course() + teaching(2, 1, 6, kLecture));
    pair.start();
    pair.settle();
    pair.lms(kNotes);
    CHECK(teachers(pair) == "(human5,secondary,2025-02-01)\n(human6,primary,2025-02-01)");
    const auto ids = [&] {
        return pair.lms_value(
            "SELECT string_agg(id::text, ',' ORDER BY id) FROM "
            "course_instructors");
    };
    const std::string before = ids();
    // As the old application replaces teachers: the lesson is lost, and the day is that of now.
    const std::string all_go = "UPDATE course_teacher SET active = 0 WHERE course_id = #1;";
    const auto again = [](int row, int who, const std::string& day) {
        return teaching(row, 1, who, "1") + "UPDATE course_teacher SET create_date = '" + day +
               " 10:00+04' WHERE id = #" + std::to_string(row) + ";";
    };
    pair.play(all_go + again(3, 5, "2025-03-01") + again(4, 6, "2025-03-01"));
    CHECK(teachers(pair) == "(human5,primary,2025-03-01)\n(human6,primary,2025-03-01)");
    CHECK(notes(pair) == "course_instructors update 2");
    CHECK(ids() == before);
    // With nothing new about them nothing is written.
    pair.play("UPDATE course_teacher SET active = 0 WHERE id IN (#3, #4);" +
              again(5, 5, "2025-03-01") + again(6, 6, "2025-03-01"));
    CHECK(notes(pair) == "");
    // One of them stays, another one comes for the other, and goes again.
    pair.play(all_go + again(7, 5, "2025-04-01"));
    CHECK(teachers(pair) == "(human5,primary,2025-04-01)");
    CHECK(notes(pair) == "course_instructors delete, course_instructors update");
    pair.play(all_go + again(8, 5, "2025-04-01") + again(9, 6, "2025-04-01"));
    CHECK(teachers(pair) == "(human5,primary,2025-04-01)\n(human6,primary,2025-04-01)");
    CHECK(notes(pair) == "course_instructors insert");
    CHECK(ids() == before);
    check_pair(pair);
    pair.stop();
}

TEST_CASE("Capacity is raised before the enrolments that need it, in one target transaction",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(people() + course(1).all() + enrolment(1, 1, 1));
    pair.start();
    pair.settle();
    pair.lms(kNotes);
    const auto seats = [&] {
        return pair.lms_rows(
            "SELECT max_enrollment, current_enrollment FROM course_offerings "
            "WHERE old_course_id = #1");
    };
    CHECK(seats() == "(1,1)");
    // The target's CHECK refuses an enrolment into a full course.
    pair.play(enrolment(2, 1, 2) + enrolment(3, 1, 3) + enrolment(4, 1, 4));
    CHECK(seats() == "(4,4)");
    CHECK(pair.lms_rows("SELECT count(DISTINCT tx), min(n) FILTER (WHERE what = 'course_offerings "
                        "raised') < min(n) FILTER (WHERE what = 'course_enrollments insert') FROM "
                        "notes") == "(1,t)");
    CHECK(notes(pair).find("course_enrollments insert 3") != std::string::npos);
    // Who is in the journal alone needs a seat too.
    pair.play(journal(1, 1, 5, 9));
    CHECK(seats() == "(5,5)");
    // A course without seats for those who come with it.
    pair.play(course(2, "2024/2025_YZ_CD-1").all() + enrolment(5, 2, 1) + enrolment(6, 2, 2));
    CHECK(pair.lms_rows("SELECT max_enrollment, current_enrollment FROM course_offerings WHERE "
                        "old_course_id = #2") == "(2,2)");
    // Seats that are free again stay; lms may have given more.
    pair.play("UPDATE course_student SET active = 0 WHERE course_id = #1");
    CHECK(seats().starts_with("(5,1)"));
    pair.lms("UPDATE course_offerings SET max_enrollment = 50 WHERE old_course_id = #1");
    pair.play("UPDATE course SET student_count = 40 WHERE id = #1");
    CHECK(seats().starts_with("(50,1)"));
    pair.play("UPDATE course SET student_count = 60 WHERE id = #1");
    CHECK(seats().starts_with("(60,1)"));
    check_pair(pair);
    pair.stop();
}

TEST_CASE("A moved offering keeps its uuid and its children: plan, year, semester, code",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    const CourseRows other = course(2);
    pair.edu(people() + taught_course() + other.subject + other.plan +
             "INSERT INTO edu_years (id, name, active) VALUES (#1, '2022/2023', 1)");
    pair.start();
    pair.settle();
    pair.lms(kNotes);
    const auto offering = [&] {
        return pair.lms_rows(
            "SELECT o.id, c.code, t.academic_year, t.term_type, o.section_code FROM "
            "course_offerings AS o JOIN courses AS c ON c.id = o.course_id JOIN academic_terms AS "
            "t ON t.id = o.academic_term_id");
    };
    const auto expected = [&](const std::string& rest) {
        return "(" + pair.id("course/#1") + "," + with_ids(rest) + ")";
    };
    const auto children = [&] {
        std::string all;
        for (const std::string table : {"course_instructors", "course_enrollments", "assessments"})
            all += pair.lms_rows("SELECT xmin, id FROM " + table + " WHERE course_offering_id = '" +
                                 pair.id("course/#1") + "'");
        return all + pair.lms_rows("SELECT xmin, id FROM grades");
    };
    const std::string before = children();
    CHECK(offering() == expected("SUBJ#1,2024-2025,spring,2024/2025_YZ_AB-1"));
    pair.play("UPDATE course SET education_plan_subject_id = #2 WHERE id = #1");
    CHECK(offering() == expected("SUBJ#2,2024-2025,spring,2024/2025_YZ_AB-1"));
    CHECK(notes(pair) == "course_offerings update");
    pair.play("UPDATE course SET education_year_id = #1 WHERE id = #1");
    CHECK(offering() == expected("SUBJ#2,2022-2023,spring,2024/2025_YZ_AB-1"));
    // Nothing needs the old term any more.
    CHECK(notes(pair) == "academic_terms delete, course_offerings update");
    pair.play("UPDATE course SET semester_id = 110000135 WHERE id = #1");
    CHECK(offering() == expected("SUBJ#2,2022-2023,fall,2024/2025_YZ_AB-1"));
    CHECK(notes(pair) == "course_offerings update");
    pair.play("UPDATE course SET code = '2019/2020_PY_X', education_year_id = NULL WHERE id = #1");
    CHECK(offering() == expected("SUBJ#2,2019-2020,fall,2019/2020_PY_X"));
    CHECK(notes(pair) == "academic_terms insert, course_offerings update");
    // The plan, not the course, changes.
    pair.play("UPDATE education_plan_subject SET subject_id = #1 WHERE id = #2");
    CHECK(offering() == expected("SUBJ#1,2019-2020,fall,2019/2020_PY_X"));
    CHECK(notes(pair).find("course_offerings update") != std::string::npos);
    CHECK(children() == before);
    check_pair(pair);
    pair.stop();
}
