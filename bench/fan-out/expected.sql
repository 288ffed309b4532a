-- Of edu: every slot that refers to one of the edited marks and counts as a grade by docs/edu-lms.md 2.12, mode G1, with
-- the mark that its code means now. Whether course and student have come to lms is left to end-state.sql.
COPY (
  SELECT d.id, s.slot, j.course_id, j.student_id, e.id, btrim(e.code),
         round(CASE WHEN mark > 10 THEN mark / 10 ELSE mark END * 10, 2)
  FROM journal_details d
  JOIN journal j ON j.id = d.journal_id AND j.active = 1
  CROSS JOIN LATERAL (VALUES (1, point_id_1), (2, point_id_2), (3, point_id_3)) AS s (slot, point)
  JOIN dictionaries e ON e.id = s.point
  CROSS JOIN LATERAL (SELECT replace(btrim(e.code), ',', '.')::numeric) AS m (mark)
  WHERE d.active = 1 AND e.id = ANY (string_to_array(:'marks', ',')::bigint[])
) TO STDOUT;
