-- Subjects, plans, courses, teachers and students of courses, meetings.

INSERT INTO demo_found
SELECT 'subject_catalog', count(*) FROM subject_catalog
UNION ALL SELECT 'subject_catalog active', count(*) FROM subject_catalog WHERE active = 1
UNION ALL
SELECT 'subject_catalog active, distinct id % 100000', count(DISTINCT id % 100000)
FROM subject_catalog WHERE active = 1
UNION ALL SELECT 'education_plan', count(*) FROM education_plan
UNION ALL SELECT 'education_plan active', count(*) FROM education_plan WHERE active = 1
UNION ALL SELECT 'education_plan_subject', count(*) FROM education_plan_subject
UNION ALL SELECT 'course', count(*) FROM course
UNION ALL SELECT 'course active', count(*) FROM course WHERE active = 1
UNION ALL
SELECT 'distinct (subject, first 20 of code), active courses', count(*)
FROM (SELECT DISTINCT subject_id, head FROM chain WHERE active = 1) AS c
UNION ALL
SELECT 'active courses without chain or repeating the last 20',
       (SELECT count(*) FROM course WHERE active = 1)
       - (SELECT count(*) FROM (SELECT DISTINCT subject_id, tail FROM chain WHERE active = 1) AS c)
UNION ALL
SELECT 'course codes with stray blank, dash or non-ASCII letter', count(*) FROM course
WHERE code ~ '[ –]' OR code ~ '[^ -~]'
UNION ALL
SELECT 'active courses whose student_count is not the enrolment', count(*)
FROM course c
LEFT JOIN (SELECT course_id, count(*) AS n FROM course_student WHERE active = 1 GROUP BY 1) AS e
  ON e.course_id = c.id
WHERE c.active = 1 AND c.student_count IS DISTINCT FROM coalesce(e.n, 0);

INSERT INTO demo_found
SELECT 'course_teacher', count(*) FROM course_teacher
UNION ALL SELECT 'course_teacher active', count(*) FROM course_teacher WHERE active = 1
UNION ALL
SELECT 'distinct teachers in course_teacher', count(DISTINCT teacher_id) FROM course_teacher
UNION ALL
SELECT 'distinct (section, teacher) pairs', count(*)
FROM (SELECT DISTINCT c.subject_id, c.head, p.person_id
      FROM course_teacher t
      JOIN chain c ON c.id = t.course_id
      JOIN teachers p ON p.id = t.teacher_id
      WHERE t.active = 1) AS x;

INSERT INTO demo_found
SELECT 'course_student', count(*) FROM course_student
UNION ALL SELECT 'course_student active', count(*) FROM course_student WHERE active = 1
UNION ALL
SELECT line, count(*)
FROM (SELECT CASE WHEN l.id IS NULL THEN 'active course_student rows, student not loaded'
                  WHEN c.id IS NULL THEN 'active course_student rows, course without offering'
                  ELSE 'course_student active, mappable' END AS line
      FROM course_student e
      LEFT JOIN loaded l ON l.id = e.student_id
      LEFT JOIN chain c ON c.id = e.course_id
      WHERE e.active = 1) AS x
GROUP BY line
UNION ALL
SELECT 'exact duplicate active (course, student) rows',
       count(*) - (SELECT count(*) FROM (SELECT DISTINCT course_id, student_id
                                         FROM course_student WHERE active = 1) AS d)
FROM course_student WHERE active = 1
UNION ALL
SELECT 'distinct students with enrolments', count(DISTINCT student_id) FROM course_student
UNION ALL
SELECT 'students enrolled, active, on a later user row', count(DISTINCT s.id)
FROM course_student e JOIN students s ON s.id = e.student_id
WHERE e.active = 1 AND s.active = 1 AND s.id NOT IN (SELECT id FROM loaded)
UNION ALL
-- rows that the newer interface made: create_user_id 1, ids one after the other from the top
SELECT 'course_student ids made by MAX+1', count(*)
FROM (SELECT id, lag(id) OVER (ORDER BY id) AS before FROM course_student) AS i
WHERE id = before + 1;

INSERT INTO demo_found
SELECT 'course_meeting', count(*) FROM course_meeting
UNION ALL SELECT 'course_meeting active', count(*) FROM course_meeting WHERE active = 1
UNION ALL
SELECT line, count(*)
FROM (SELECT CASE WHEN c.id IS NULL THEN 'active meetings without course'
                  WHEN k.id IS NULL THEN 'active meetings without clock'
                  ELSE 'course_meeting active, mappable' END AS line
      FROM course_meeting m
      LEFT JOIN course c ON c.id = m.course_id
      LEFT JOIN clocks k ON k.id = m.clock_id
      WHERE m.active = 1) AS x
GROUP BY line
UNION ALL
SELECT 'weekly slots of merged sections', count(*)
FROM (SELECT DISTINCT c.subject_id, c.head, m.week_day % 7, k.start_time, k.end_time
      FROM course_meeting m
      JOIN chain c ON c.id = m.course_id
      JOIN clocks k ON k.id = m.clock_id
      WHERE m.active = 1) AS x
UNION ALL SELECT 'meetings on day 7', count(*) FROM course_meeting WHERE week_day = 7
UNION ALL
SELECT 'meetings on a day outside 0-7', count(*) FROM course_meeting
WHERE week_day NOT BETWEEN 0 AND 7
UNION ALL SELECT 'distinct rooms', count(DISTINCT room_id) FROM course_meeting
UNION ALL SELECT 'clocks', count(*) FROM clocks
UNION ALL SELECT 'course_meeting_topic', count(*) FROM course_meeting_topic
UNION ALL SELECT 'course_meeting_topic_file', count(*) FROM course_meeting_topic_file
UNION ALL
SELECT 'course_meeting_topic_file active', count(*) FROM course_meeting_topic_file
WHERE active = 1
UNION ALL SELECT 'files', count(*) FROM files;
