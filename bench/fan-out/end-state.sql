-- Of lms: its grades of the edited marks beside what edu says of them (expected.sql, on standard input). One line:
-- grades that must be there; of these with the new code and mark; of these missing; grades that are parked now, because
-- their course or student is not in lms (any more), and whose last good row stands; and grades that edu does not have.
CREATE TEMPORARY TABLE expected (
  detail text, slot integer, course bigint, student text, mark text, code text, obtained numeric
);
\copy expected FROM PSTDIN
CREATE TEMPORARY TABLE edu AS
SELECT e.*, o.id IS NOT NULL AND s.id IS NOT NULL AS due
FROM expected e
LEFT JOIN course_offerings o ON o.old_course_id = e.course
LEFT JOIN students s ON s.metadata ->> 'old_student_id' = e.student;
CREATE TEMPORARY TABLE there AS
SELECT rubric_scores ->> 'd' AS detail, (rubric_scores ->> 's')::integer AS slot, rubric_scores ->> 'c' AS code,
       marks_obtained AS obtained
FROM grades WHERE rubric_scores ->> 'p' = ANY (string_to_array(:'marks', ','));
ANALYZE edu;
ANALYZE there;
SELECT count(*) FILTER (WHERE due), count(*) FILTER (WHERE due AND e.code = t.code AND e.obtained = t.obtained),
       count(*) FILTER (WHERE due AND t.slot IS NULL), count(*) FILTER (WHERE NOT due AND t.slot IS NOT NULL),
       count(*) FILTER (WHERE e.mark IS NULL)
FROM edu e FULL JOIN there t USING (detail, slot);
