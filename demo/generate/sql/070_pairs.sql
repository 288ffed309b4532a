-- Which student is in which course, and what rows that gives. gen.pair has one row per
-- (course, student, kind of membership); `i` is the pair's number within its course.
--
--   A  loaded student, course with subject, journal rows active      (enrolled, or journal only)
--   B  student not loaded, the same courses                          (enrolled, or journal only)
--   C  loaded student, active course without subject                 (journal rows, no details)
--   D  inactive course: journal and enrolment inactive, details active
--   X  removed from an active course: journal and enrolment inactive
--   E  enrolment without journal rows
--
-- Loaded students stand in a circle, and a course takes consecutive ones: the courses of kinds C
-- and J go round the circle one after the other, which reaches everybody.

CREATE TABLE gen.class AS
WITH w AS (
  SELECT n, kind, row_number() OVER (ORDER BY n) - 1 AS rank,
         200 + gen.r('class.size', n) % 1000 AS w
  FROM gen.course WHERE kind IN ('C', 'J')
), s AS (
  SELECT *, sum(w) OVER (ORDER BY rank) AS upto, sum(w) OVER () AS total,
         (:pair_shared + :pair_journal_only - 4 * count(*) OVER ()) AS free
  FROM w
), size AS (
  SELECT n, kind, rank,
         (4 + div(upto * free, total) - div((upto - w) * free, total))::bigint AS size
  FROM s)
SELECT *, (sum(size) OVER (ORDER BY rank) - size)::bigint AS start FROM size;
CREATE UNIQUE INDEX ON gen.class (rank);

CREATE TABLE gen.pool AS SELECT pool, n AS student FROM gen.student WHERE pool < :pool_loaded;
CREATE UNIQUE INDEX ON gen.pool (pool);
-- Not loaded but enrolled: all active ones on a later user row, and some inactive.
CREATE TABLE gen.lost AS
SELECT lost, n AS student FROM gen.student WHERE lost < :second_student + :pool_inactive;
CREATE UNIQUE INDEX ON gen.lost (lost);

CREATE TABLE gen.pair (
  kind "char", course bigint, student bigint, i bigint, six boolean, six_details boolean,
  enrolled smallint,      -- 1 an active course_student row, 0 an inactive one, NULL none
  again smallint,         -- 1 a second active row, 0 a second inactive one
  removed_details boolean DEFAULT false
);

-- A. Ranks of hashes choose who has six rows, who is in the journal only, who is enrolled twice.
INSERT INTO gen.pair
SELECT 'A', course, student, i, six <= :pair_six_rows, six <= :pair_six_details,
       CASE WHEN mode > :pair_journal_only THEN 1 END,
       CASE WHEN mode > :pair_journal_only
             AND mode <= :pair_journal_only + :enrolled_again THEN 0
            WHEN mode > :pair_journal_only + :enrolled_again
             AND mode <= :pair_journal_only + :enrolled_again + :pair_enrolled_twice THEN 1 END
FROM (
  SELECT c.n AS course, i, p.student,
         row_number() OVER (ORDER BY gen.r('pair.six', c.start + i)) AS six,
         row_number() OVER (ORDER BY gen.r('pair.mode', c.start + i)) AS mode
  FROM gen.class c
  CROSS JOIN LATERAL generate_series(0, c.size - 1) AS i
  JOIN gen.pool p ON p.pool = (c.start + i) % :pool_loaded) AS a
ORDER BY course, i;

-- B and the enrolments of the same students without journal: each at a course of its own.
INSERT INTO gen.pair
SELECT CASE WHEN g < :lost_shared + :lost_journal_only THEN 'B' ELSE 'E' END, c.n, l.student,
       c.size, false, false, CASE WHEN g >= :lost_journal_only THEN 1 END
FROM generate_series(0, :lost_shared + :lost_journal_only + :lost_enrolled_only - 1) AS g
JOIN gen.lost l ON l.lost = g % (:second_student + :pool_inactive)
JOIN (SELECT *, row_number() OVER (ORDER BY gen.r('pair.lost', n)) - 1 AS at FROM gen.class) AS c
  ON c.at = g
ORDER BY g;

-- E of loaded students: the next of the circle after the course's own; the first two are
-- students that are in no journal at all.
INSERT INTO gen.pair
SELECT 'E', c.n, coalesce(s.n, p.student), c.size, false, false, 1
FROM (SELECT *, row_number() OVER (ORDER BY gen.r('pair.only', n)) - 1 AS at FROM gen.class) AS c
JOIN gen.pool p ON p.pool = (c.start + c.size) % :pool_loaded
LEFT JOIN gen.student s ON s.pool = :pool_loaded + c.at AND c.at < :pool_enrolled_only
WHERE c.at < :pair_enrolled_only
ORDER BY c.at;

-- X: one or two of those after that; then inactive enrolments without journal, one a course.
INSERT INTO gen.pair
SELECT 'X', c.n, p.student, c.size + 1 + g / k.n, g < :removed_six_rows, false, 0
FROM generate_series(0, :removed_pair - 1) AS g, (SELECT count(*) AS n FROM gen.class) AS k,
     gen.class c, gen.pool p
WHERE c.rank = g % k.n AND p.pool = (c.start + c.size + 1 + g / k.n) % :pool_loaded
ORDER BY g;

INSERT INTO gen.pair
SELECT 'E', c.n, p.student, c.size + 5, false, false, 0
FROM (SELECT *, row_number() OVER (ORDER BY gen.r('pair.once', n)) - 1 AS at FROM gen.class) AS c
JOIN gen.pool p ON p.pool = (c.start + c.size + 5) % :pool_loaded
WHERE c.at < :enrolled_once
ORDER BY c.at;

-- C, then enrolments without journal at active and inactive courses without subject.
INSERT INTO gen.pair
SELECT 'C', c.n, p.student, g / :course_nochain, g < :nochain_six_rows, false, 1
FROM generate_series(0, :nochain_pair - 1) AS g
JOIN gen.course c ON c.kind = 'N' AND c.k = g % :course_nochain
JOIN gen.pool p ON p.pool = (c.h + g / :course_nochain) % :pool_loaded
ORDER BY g;

INSERT INTO gen.pair
SELECT 'E', c.n, p.student, 1000 + g, false, false, 1
FROM generate_series(0, :nochain_enrolled_only - 1) AS g
JOIN (SELECT *, row_number() OVER (ORDER BY n) - 1 AS at FROM gen.course
      WHERE kind IN ('N', 'M')) AS c
  ON c.at = g % (:course_nochain + :course_dead_nochain)
JOIN gen.pool p ON p.pool = (c.h + :nochain_pair / :course_nochain + 1
                             + g / (:course_nochain + :course_dead_nochain)) % :pool_loaded
ORDER BY g;

-- D: inactive courses.
INSERT INTO gen.pair
SELECT 'D', c.n, p.student, g / :course_dead_detail, false, false, 0
FROM generate_series(0, :dead_pair - 1) AS g
JOIN gen.course c ON c.kind = 'D' AND c.k = g % :course_dead_detail
JOIN gen.pool p ON p.pool = (c.h + g / :course_dead_detail) % :pool_loaded
ORDER BY g;

-- Some of X keep active details although their journal row is inactive.
UPDATE gen.pair SET removed_details = true
FROM (SELECT ctid AS at, row_number() OVER (ORDER BY course, i) AS rank FROM gen.pair
      WHERE kind = 'X') AS x
WHERE x.at = gen.pair.ctid AND x.rank <= :detail_removed_rows;
ANALYZE gen.pair;

CREATE TABLE gen.enrolment AS
SELECT row_number() OVER (ORDER BY part, course, student, i) - 1 AS n, course, student, live, part
FROM (SELECT 1 AS part, course, student, i, enrolled = 1 AS live FROM gen.pair
      WHERE enrolled IS NOT NULL
      UNION ALL
      SELECT 2, course, student, i, again = 1 FROM gen.pair WHERE again IS NOT NULL) AS e;

INSERT INTO course_student (id, course_id, student_id, course_work, create_date, create_user_id,
                            update_date, update_user_id, active)
SELECT CASE WHEN newer THEN max(made) OVER () + row_number() OVER (PARTITION BY newer ORDER BY n)
            ELSE made END,
       course, student, CASE WHEN h % 23 = 0 THEN 1 ELSE 0 END,
       CASE WHEN h % 501 = 0 THEN NULL ELSE gen.at(day, h) END,
       CASE WHEN newer THEN 1 ELSE 100000000 END,
       -- the cascade of a course deletion does not touch update_date
       CASE WHEN NOT live AND h % 5 = 0 THEN gen.at(day + 45, h / 5) END,
       CASE WHEN NOT live AND h % 5 = 0 THEN 100000000 END,
       CASE WHEN live THEN 1 ELSE gen.gone(n) END
FROM (SELECT e.n, e.live, c.id AS course, s.id AS student, c.start + 3 AS day,
             gen.r('course_student', e.n) AS h,
             gen.r('course_student', e.n) % 400 = 7 OR e.n < 2 AS newer,
             gen.id(gen.r('course_student', e.n), e.n, c.ymd) AS made
      FROM gen.enrolment e
      JOIN (SELECT n, id, start, gen.ymd(start + 3) AS ymd FROM gen.course) AS c ON c.n = e.course
      JOIN gen.student s ON s.n = e.student) AS x
ORDER BY 1;
