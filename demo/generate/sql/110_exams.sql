-- exam and exam_student. Most active courses with a subject have one exam; the students who sit
-- it are drawn so that each student of the exam pool sits at least one.

CREATE TABLE gen.exam AS
SELECT row_number() OVER (ORDER BY part, rank) - 1 AS n, part, course, course_id, day, id
FROM (
  SELECT 1 AS part, row_number() OVER (ORDER BY gen.r('exams.course', n)) AS rank, n AS course,
         id AS course_id, start + 120 AS day, 0::bigint AS id
  FROM gen.course WHERE kind = 'C'
  UNION ALL
  SELECT 2, g, NULL, CASE WHEN g % 3 = 0 THEN NULL ELSE 220800000000000000 + g END,
         date '2023-01-16', 0
  FROM generate_series(1, :exam_no_course) AS g
  UNION ALL
  SELECT 3, row_number() OVER (ORDER BY gen.r('exams.dead', n)), n, id, start + 121, 0
  FROM gen.course WHERE kind = 'C') AS e
WHERE part = 2 OR (part = 1 AND rank <= :exam_course) OR (part = 3 AND rank <= :exam_inactive);
UPDATE gen.exam SET id = gen.id(gen.r('exams', n), n, gen.ymd(day - 20));
CREATE UNIQUE INDEX ON gen.exam (n);

INSERT INTO exam (id, course_id, start_date, start_time, end_time, duration, passing_grade,
                  type_id, create_date, create_user_id, update_date, update_user_id, active)
SELECT id, course_id,
       CASE WHEN h % 70 = 0 THEN NULL WHEN h % 70 = 1 THEN '' ELSE gen.dmy(day) END,
       CASE WHEN h % 50 = 2 THEN NULL ELSE (ARRAY['09:00', '11:00', '14:30'])[1 + h % 3] END,
       (ARRAY['10:30', '12:30', '16:00'])[1 + h % 3],
       CASE WHEN h % 11 = 0 THEN NULL ELSE 60 + h % 3 * 30 END,
       CASE WHEN h % 13 = 0 THEN NULL WHEN h % 13 < 4 THEN 17 ELSE 51 END,
       110000190 + h % 3, gen.at(day - 20, h), 100000000,
       CASE WHEN h % 4 = 0 THEN gen.at(day - 5, h / 4) END,
       CASE WHEN h % 4 = 0 THEN 100000000 END, CASE part WHEN 3 THEN gen.gone(n) ELSE 1 END
FROM (SELECT *, gen.r('exams.more', n) AS h FROM gen.exam) AS e
ORDER BY id;

CREATE TABLE gen.sitting AS
WITH candidate AS (
  SELECT e.n AS exam, p.student, gen.r('sittings', e.n * 100000 + p.student) AS h,
         row_number() OVER (PARTITION BY p.student
           ORDER BY gen.r('sittings', e.n * 100000 + p.student), e.n) AS turn
  FROM gen.pair p
  JOIN gen.exam e ON e.course = p.course AND e.part = 1
  JOIN gen.pool l ON l.student = p.student AND l.pool < :exam_pool_loaded
  WHERE p.kind = 'A'
), chosen AS (
  SELECT exam, student, row_number() OVER (ORDER BY turn > 1, h, exam, student) AS rank
  FROM candidate
), rows AS (
  SELECT 1 AS part, rank, exam, student, true AS live FROM chosen
  WHERE rank <= :exam_row_loaded
  UNION ALL           -- second attempts
  SELECT 2, rank, exam, student, true FROM chosen WHERE rank <= :exam_row_again
  UNION ALL           -- students that are not loaded
  SELECT 3, g, g % :exam_course, l.student, true
  FROM generate_series(0, :exam_row_lost - 1) AS g
  JOIN gen.lost l ON l.lost = g % :exam_pool_lost
  UNION ALL           -- exams without course
  SELECT 4, g, :exam_course + g % :exam_no_course, p.student, true
  FROM generate_series(0, :exam_row_no_course - 1) AS g JOIN gen.pool p ON p.pool = g
  UNION ALL
  SELECT 5, g, :exam_course + g % :exam_no_course, l.student, true
  FROM generate_series(0, :exam_row_no_course_lost - 1) AS g JOIN gen.lost l ON l.lost = g
  UNION ALL           -- inactive rows, a quarter of them at inactive exams
  SELECT 6, rank, CASE WHEN rank % 4 = 0
                  THEN :exam_course + :exam_no_course + rank % :exam_inactive ELSE exam END,
         student, false
  FROM chosen WHERE rank <= :exam_row_inactive
)
SELECT row_number() OVER (ORDER BY part, rank) - 1 AS n, part, exam, student, live FROM rows;

INSERT INTO exam_student (id, exam_id, student_id, finish_status, grade, create_date,
                          create_user_id, update_date, update_user_id, active)
SELECT gen.id(x.h, x.n, gen.ymd(e.day)), e.id, s.id,
       CASE WHEN x.h % 40 = 0 THEN NULL WHEN x.h % 40 < 30 THEN 2 WHEN x.h % 40 < 38 THEN 1 ELSE 3 END,
       CASE WHEN x.h % 40 < 30 AND x.h % 40 > 0
            THEN (x.h / 40 % 51)::text || CASE WHEN x.h % 7 = 0 THEN '.5' ELSE '' END END,
       gen.at(e.day, x.h), 100000000,
       CASE WHEN x.h % 3 = 0 THEN gen.at(e.day + 3, x.h / 3) END,
       CASE WHEN x.h % 3 = 0 THEN 100000000 END, CASE WHEN x.live THEN 1 ELSE gen.gone(x.n) END
FROM (SELECT *, gen.r('exam.students', n) AS h FROM gen.sitting) AS x
JOIN gen.exam e ON e.n = x.exam
JOIN gen.student s ON s.n = x.student
ORDER BY 1;
