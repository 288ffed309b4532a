-- Counts every fact in the data itself, by its definition in the specification and without any
-- knowledge of how the generator works. Fills demo_found (line, found).

CREATE TEMP TABLE demo_found (line text PRIMARY KEY, found bigint);

-- Loaded, in the sense of the one-shot: an active student on the first user row of its account.
CREATE TEMP TABLE first_user AS SELECT account_id, min(id) AS id FROM users GROUP BY account_id;
CREATE TEMP TABLE loaded AS
SELECT s.id, s.user_id FROM students s WHERE s.active = 1 AND s.user_id IN (SELECT id FROM first_user);
-- Courses with an offering: the chain to an active subject is there.
CREATE TEMP TABLE chain AS
SELECT c.id, c.active, p.subject_id, left(c.code, 20) AS head, right(c.code, 20) AS tail
FROM course c
JOIN education_plan_subject p ON p.id = c.education_plan_subject_id
JOIN subject_catalog s ON s.id = p.subject_id AND s.active = 1;
CREATE TEMP TABLE live_group AS
SELECT DISTINCT course_id, course_eva_id FROM journal WHERE active = 1;
ALTER TABLE loaded ADD PRIMARY KEY (id);
ALTER TABLE chain ADD PRIMARY KEY (id);
ANALYZE loaded; ANALYZE chain; ANALYZE live_group;

\ir count_people.sql
\ir count_courses.sql
\ir count_journal.sql
\ir count_rest.sql

SELECT ref, line, relation, expected, found, result
FROM (
  SELECT e.ord, e.ref, e.line, e.relation, e.expected, f.found,
         CASE WHEN f.found IS NULL THEN 'NOT COUNTED'
              WHEN e.relation = '=' AND f.found = e.expected
                OR e.relation = '>=' AND f.found >= e.expected THEN 'OK'
              ELSE 'DIFFERS' END AS result
  FROM demo_expected e LEFT JOIN demo_found f USING (line)
  UNION ALL
  SELECT NULL, '', f.line, '', NULL, f.found, 'NOT EXPECTED'
  FROM demo_found f WHERE NOT EXISTS (SELECT FROM demo_expected e WHERE e.line = f.line)) AS r
ORDER BY ord;
