-- journal: five rows per pair (some six) out of the course's ten components: lecture, seminar and
-- three of the other eight, chosen so that any three students of a course cover all eight.
-- Components are shared by all courses; three of them are evaluation types. Six courses have an
-- eleventh group, with NULL for its component.

CREATE TABLE gen.component AS
SELECT * FROM (VALUES (0, 241115334602618787), (1, 241115334602619012), (2, 241115334602618001),
  (3, 241115334602618002), (4, 241115334602618003), (5, 241115335102620144),
  (6, 241115335102620391), (7, 241115335702620877), (8, 2411153357003620921),
  (9, 241115340102621300)) AS v (c, eva);

CREATE TABLE gen.journal AS
WITH p AS (
  SELECT p.*, row_number() OVER (ORDER BY p.course, p.kind, p.i, p.student) - 1 AS pn,
         c.id AS course_id, c.start AS day, s.id AS student_id,
         coalesce(q.rank, 1000000) AS rank
  FROM gen.pair p
  JOIN gen.course c ON c.n = p.course
  JOIN gen.student s ON s.n = p.student
  LEFT JOIN gen.class q ON q.n = p.course
  WHERE p.kind IN ('A', 'B', 'C', 'D', 'X')
), rows AS (
  SELECT p.*, place,
         CASE WHEN place < 2 THEN place WHEN place < 5 THEN 2 + (3 * i + place - 2) % 8
              ELSE 2 + (3 * i + 3) % 8 END AS c,
         rank < :group_null_eva AND kind = 'A' AND i = 3 AND place = 2 AS null_eva
  FROM p, LATERAL generate_series(0, CASE WHEN six THEN 5 ELSE 4 END) AS place
)
SELECT row_number() OVER (ORDER BY pn, place) - 1 AS n, kind, course, course_id, student_id, place,
       CASE WHEN NOT null_eva THEN x.eva END AS eva, kind IN ('A', 'B', 'C') AS live,
       -- rows with details: lecture and seminar, and the sixth of some
       place < 2 OR (place = 5 AND six_details) AS detailed,
       removed_details AND place = 0 AS removed, day
FROM rows JOIN gen.component x ON x.c = rows.c;
ANALYZE gen.journal;

ALTER TABLE gen.journal ADD id bigint, ADD h bigint;
UPDATE gen.journal SET h = gen.r('journal', n),
  id = gen.id(gen.r('journal', n), n, gen.ymd(day + 7 + (n % 60)::integer));

ALTER TABLE journal DROP CONSTRAINT journal_pkey;
INSERT INTO journal (id, student_id, course_id, course_eva_id, point, point_id, active,
                     create_date, update_date, appeal_status, appeal_date, appeal_note)
SELECT id, student_id, course_id, eva,
       CASE WHEN place < 2 THEN CASE WHEN h % 3 = 0 THEN (h / 3 % 11)::text || '.00' END
            WHEN h % 4 = 0 THEN NULL
            WHEN h % 997 = 1 THEN '-'
            WHEN h % 4 = 1 THEN (h / 4 % 11)::text
            ELSE (h / 4 % 10) || '.' || lpad((h / 64 % 100)::text, 2, '0') END,
       CASE WHEN h % 6 = 0 THEN 110000140 + h / 6 % 11 END,
       CASE WHEN live THEN 1 ELSE gen.gone(n) END,
       CASE WHEN h % 701 = 0 THEN NULL ELSE gen.at(day + 7, h) END,
       CASE WHEN h % 2 = 0 THEN gen.at(day + 30 + (h / 2 % 90)::integer, h / 5) END,
       CASE WHEN h % 900 = 0 THEN 1 END,
       CASE WHEN h % 900 = 0 THEN gen.dmy(day + 100) END,
       CASE WHEN h % 900 = 0 THEN 'Apellyasiya ərizəsi' END
FROM gen.journal
ORDER BY id;
ALTER TABLE journal ADD PRIMARY KEY (id);
