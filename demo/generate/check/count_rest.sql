-- Exams, groups, orders, the calendar, what is not mapped, and states that are unknown.

INSERT INTO demo_found
SELECT 'exam', count(*) FROM exam
UNION ALL SELECT 'exam active', count(*) FROM exam WHERE active = 1
UNION ALL
SELECT 'active exams without course', count(*) FROM exam e
WHERE active = 1 AND NOT EXISTS (SELECT FROM course c WHERE c.id = e.course_id)
UNION ALL SELECT 'exam_student', count(*) FROM exam_student
UNION ALL SELECT 'exam_student active', count(*) FROM exam_student WHERE active = 1
UNION ALL
SELECT 'exam_student active, loaded students', count(*)
FROM exam_student JOIN loaded l ON l.id = student_id WHERE active = 1
UNION ALL
SELECT 'exam_student active, students not loaded', count(*) FROM exam_student
WHERE active = 1 AND student_id NOT IN (SELECT id FROM loaded)
UNION ALL
SELECT 'distinct students behind exam rows not loaded', count(DISTINCT student_id)
FROM exam_student WHERE active = 1 AND student_id NOT IN (SELECT id FROM loaded)
UNION ALL
SELECT 'distinct students with exam rows', count(DISTINCT student_id) FROM exam_student
UNION ALL
SELECT 'active exam_student rows of these', count(*)
FROM exam_student s JOIN exam e ON e.id = s.exam_id
WHERE s.active = 1 AND e.active = 1
  AND NOT EXISTS (SELECT FROM course c WHERE c.id = e.course_id);

INSERT INTO demo_found
SELECT 'education_group', count(*) FROM education_group
UNION ALL SELECT 'education_group active', count(*) FROM education_group WHERE active = 1
UNION ALL SELECT 'education_group_student', count(*) FROM education_group_student
UNION ALL
SELECT 'education_group_student active', count(*) FROM education_group_student WHERE active = 1
UNION ALL SELECT 'orders', count(*) FROM orders
UNION ALL SELECT 'orders active', count(*) FROM orders WHERE active = 1
UNION ALL
SELECT 'distinct serials of active orders', count(DISTINCT serial) FROM orders WHERE active = 1
UNION ALL SELECT 'person_orders', count(*) FROM person_orders
UNION ALL SELECT 'person_orders active', count(*) FROM person_orders WHERE active = 1
UNION ALL
SELECT 'assignments of orders whose serial a newer one has', count(*)
FROM person_orders p
JOIN (SELECT id, row_number() OVER (PARTITION BY serial ORDER BY create_date DESC) AS place
      FROM orders WHERE active = 1) AS o ON o.id = p.order_id
WHERE p.active = 1 AND o.place > 1;

-- The one-shot knew the years 2020/2021 to 2025/2026, the types 245-262 and DD/MM/YYYY.
INSERT INTO demo_found
SELECT 'edu_years', count(*) FROM edu_years
UNION ALL SELECT 'edu_years active', count(*) FROM edu_years WHERE active = 1
UNION ALL SELECT 'academic_schedule_details', count(*) FROM academic_schedule_details
UNION ALL
SELECT 'academic_schedule_details active', count(*) FROM academic_schedule_details
WHERE active = 1
UNION ALL
SELECT 'active calendar events the one-shot skipped', count(*)
FROM academic_schedule_details d
LEFT JOIN academic_schedule s ON s.id = d.academic_schedule_id
LEFT JOIN edu_years y ON y.id = s.education_year_id
WHERE d.active = 1
  AND (y.name IS NULL OR left(y.name, 4)::integer NOT BETWEEN 2020 AND 2025
       OR coalesce(d.type_id NOT BETWEEN 110000245 AND 110000262, true)
       OR coalesce(d.start_date !~ '^(0[1-9]|[12]\d|30)/\d{2}/\d{4}$'
                   AND d.start_date !~ '^31/(01|03|05|07|08|10|12)/\d{4}$', true));

INSERT INTO demo_found
SELECT 'course_execises', count(*) FROM course_execises
UNION ALL SELECT 'course_execises_student', count(*) FROM course_execises_student
UNION ALL SELECT 'student_transcript', count(*) FROM student_transcript
UNION ALL
SELECT 'transcripts of type COURSE', count(*) FROM student_transcript
WHERE type = 'COURSE' AND coalesce(end_point, before_point, exam_point) IS NULL;

INSERT INTO demo_found
SELECT 'tables of the core with active IS NULL', count(*) FILTER (WHERE unknown)
FROM (
  SELECT EXISTS (SELECT FROM accounts WHERE active IS NULL) AS unknown
  UNION ALL SELECT EXISTS (SELECT FROM users WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM persons WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM students WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM teachers WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM organizations WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM subject_catalog WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM course WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM course_teacher WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM course_student WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM course_meeting WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM journal WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM journal_details WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM exam_student WHERE active IS NULL)
  UNION ALL SELECT EXISTS (SELECT FROM person_orders WHERE active IS NULL)
) AS t;
