-- journal and journal_details. A detail has an assessment if its (course, component) has an
-- active journal row and the course an offering; NULL is a component of its own.

INSERT INTO demo_found
SELECT 'journal', count(*) FROM journal
UNION ALL SELECT 'journal active', count(*) FROM journal WHERE active = 1
UNION ALL SELECT 'active journal groups (course, eva)', count(*) FROM live_group
UNION ALL
SELECT 'courses with active journal rows', count(DISTINCT course_id) FROM live_group
UNION ALL
SELECT 'inactive courses with active journal rows', count(DISTINCT g.course_id)
FROM live_group g JOIN course c ON c.id = g.course_id WHERE c.active IS DISTINCT FROM 1
UNION ALL
SELECT 'distinct students with journal rows', count(DISTINCT student_id) FROM journal
UNION ALL
SELECT 'journal rows whose id has 19 digits', count(*) FROM journal WHERE length(id::text) = 19
UNION ALL
SELECT 'journal rows whose id has day 00', count(*) FROM journal
WHERE length(id::text) = 18 AND substr(id::text, 5, 2) = '00';

CREATE TEMP TABLE journal_kind AS
SELECT j.id, j.course_id, j.course_eva_id, j.student_id, coalesce(j.active, 0) = 1 AS live,
       l.id IS NOT NULL AS loaded, c.id IS NOT NULL AS offered,
       c.id IS NOT NULL AND g.course_id IS NOT NULL AS assessed
FROM journal j
LEFT JOIN loaded l ON l.id = j.student_id
LEFT JOIN chain c ON c.id = j.course_id
-- no component has id -1: it stands for NULL, so that the join can hash
LEFT JOIN live_group g ON g.course_id = j.course_id
                      AND coalesce(g.course_eva_id, -1) = coalesce(j.course_eva_id, -1);
ANALYZE journal_kind;

INSERT INTO demo_found
SELECT line, count(*)
FROM (SELECT CASE WHEN NOT loaded THEN 'active journal rows without loaded student'
                  WHEN NOT offered THEN 'active journal rows without offering'
                  ELSE 'mappable active journal rows' END AS line
      FROM journal_kind WHERE live) AS x
GROUP BY line
UNION ALL
SELECT 'of these beyond the first of their (course, student)', sum(n - 1)
FROM (SELECT count(*) AS n FROM journal_kind WHERE live AND loaded AND offered
      GROUP BY course_id, student_id) AS p;

CREATE TEMP TABLE detail_kind AS
SELECT d.journal_id, j.id IS NOT NULL AS found, j.live, j.loaded, j.assessed, count(*) AS n
FROM journal_details d LEFT JOIN journal_kind j ON j.id = d.journal_id
WHERE d.active = 1
GROUP BY 1, 2, 3, 4, 5;

INSERT INTO demo_found
SELECT 'journal_details', count(*) FROM journal_details
UNION ALL
SELECT unnest(ARRAY['journal_details active', 'active journal_details without journal row',
                    'active details without assessment', 'active details without loaded student',
                    'journal_details active, mappable', 'active details of inactive journal rows']),
       unnest(ARRAY[sum(n), coalesce(sum(n) FILTER (WHERE NOT found), 0),
                    sum(n) FILTER (WHERE found AND NOT assessed),
                    sum(n) FILTER (WHERE assessed AND NOT loaded),
                    sum(n) FILTER (WHERE assessed AND loaded),
                    sum(n) FILTER (WHERE found AND NOT live)])
FROM detail_kind
UNION ALL
SELECT '(assessment, student) pairs having details', count(*)
FROM (SELECT DISTINCT j.course_id, j.course_eva_id, j.student_id
      FROM detail_kind d JOIN journal_kind j ON j.id = d.journal_id
      WHERE d.assessed AND d.loaded) AS p;
