-- course_teacher. A section has one teacher or two; each of its courses has a row for the first
-- and mostly a second row: the second teacher, or the first again with another lesson type. 324
-- teachers teach, 24 of them are second rows of a person that teaches already.

CREATE TABLE gen.instructor AS
SELECT row_number() OVER (ORDER BY place, human_k) - 1 AS rank, human_k, place, id, user_id
FROM gen.teacher
WHERE kind = 'TA'
  AND ((place = 1 AND human_k < :instructor_person)
       OR (place = 2 AND human_k < :instructor_second
           AND human IN (SELECT n FROM gen.human WHERE kind = 'TA')));

CREATE TABLE gen.section_teacher AS
SELECT s.n AS section, a.id AS first, a.user_id, b.id AS second
FROM (SELECT n,
             -- with two teachers: the second of them first, so that the persons differ
             CASE WHEN n < :instructor_second THEN :instructor_person + n
                  WHEN n < :section_second_teacher THEN n % :instructor_person END AS two,
             CASE WHEN n < :section_second_teacher THEN (n + 1) % :instructor_person
                  ELSE (n - :section_second_teacher) % :instructor_person END AS one
      FROM gen.section) AS s
JOIN gen.instructor a ON a.rank = s.one
LEFT JOIN gen.instructor b ON b.rank = s.two;
CREATE UNIQUE INDEX ON gen.section_teacher (section);

CREATE TABLE gen.course_teacher AS
WITH c AS (
  SELECT c.n, c.section, c.kind, c.id, c.day, c.h, s.first, s.second,
         -- the first course of a section always has the second row
         row_number() OVER (PARTITION BY kind IN ('C', 'N')
           ORDER BY c.n >= :section, gen.r('course_teacher.two', c.n)) AS two,
         row_number() OVER (PARTITION BY kind IN ('C', 'N')
           ORDER BY gen.r('course_teacher.three', c.n)) AS three,
         row_number() OVER (PARTITION BY kind IN ('C', 'N')
           ORDER BY gen.r('course_teacher.dead', c.n)) AS other
  FROM gen.course c JOIN gen.section_teacher s ON s.section = c.section
), rows AS (
  SELECT n, 1 AS part, first AS teacher, 110000111 AS lesson, true AS live FROM c
  WHERE kind IN ('C', 'N')
  UNION ALL
  SELECT n, 2, coalesce(second, first), CASE WHEN h % 9 = 0 THEN 1 ELSE 110000112 END, true FROM c
  WHERE kind IN ('C', 'N') AND two <= :course_second_row
  UNION ALL
  SELECT n, 3, first, 110000113 + h % 2, true FROM c
  WHERE kind IN ('C', 'N') AND three <= :course_third_row
  UNION ALL
  SELECT n, 4, first, 110000111 + h % 3, false FROM c
  WHERE kind NOT IN ('C', 'N') AND other <= :course_teacher_dead
  UNION ALL
  SELECT n, 5, (SELECT id FROM gen.instructor WHERE rank = c.h % :instructor_person),
         110000111, false FROM c
  WHERE kind IN ('C', 'N') AND other <= :course_teacher_replaced
)
SELECT row_number() OVER (ORDER BY part, n) - 1 AS rn, rows.* FROM rows;

INSERT INTO course_teacher (id, course_id, teacher_id, lesson_type_id, close_status, create_date,
                            create_user_id, update_date, update_user_id, active)
SELECT CASE WHEN lesson = 1 THEN max(made) OVER () + row_number() OVER (PARTITION BY lesson = 1
                                                                       ORDER BY rn) ELSE made END,
       course, teacher, lesson, 0, gen.at(day, h),
       CASE WHEN lesson = 1 THEN 1 ELSE 100000000 END,
       CASE WHEN part > 3 AND h % 4 > 0 THEN gen.at(day + 50, h / 4) END,
       CASE WHEN part > 3 AND h % 4 > 0 THEN 100000000 END,
       CASE WHEN live THEN 1 ELSE gen.gone(rn) END
FROM (SELECT t.*, c.id AS course, c.day + 5 AS day, gen.r('course_teacher', rn) AS h,
             gen.id(gen.r('course_teacher', rn), rn, gen.ymd(c.day + 5)) AS made
      FROM gen.course_teacher t JOIN gen.course c ON c.n = t.n) AS x
ORDER BY 1;
