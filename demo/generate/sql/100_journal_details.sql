-- journal_details, the big table: one row per detailed journal row and session, some of them
-- inactive. How many each journal row has is the total spread evenly over the rows of its kind.

CREATE TABLE gen.detailed AS
WITH r AS (
  SELECT j.n, j.id, j.kind, j.place, j.removed, m.start, t.user_id,
         m.with_clock + m.without_clock + m.removed AS sessions,
         row_number() OVER w - 1 AS rank, count(*) OVER (PARTITION BY j.kind) AS k
  FROM gen.journal j
  JOIN gen.meets m ON m.n = j.course
  JOIN gen.course c ON c.n = j.course
  JOIN gen.section_teacher t ON t.section = c.section
  WHERE j.detailed
  WINDOW w AS (PARTITION BY j.kind ORDER BY j.n)
), c AS (
  SELECT *,
         CASE kind WHEN 'A' THEN :detail_loaded * (rank + 1) / k - :detail_loaded * rank / k
                   WHEN 'B' THEN :detail_lost * (rank + 1) / k - :detail_lost * rank / k
                   WHEN 'D' THEN :detail_dead * (rank + 1) / k - :detail_dead * rank / k
                   WHEN 'X' THEN CASE WHEN removed THEN 10 ELSE 0 END
                   ELSE 0 END AS live,
         CASE kind WHEN 'A' THEN :detail_inactive * (rank + 1) / k - :detail_inactive * rank / k
                   WHEN 'C' THEN 5
                   WHEN 'X' THEN CASE WHEN removed THEN 0 ELSE 8 END
                   ELSE 0 END AS gone
  FROM r)
SELECT n, id, place, start, sessions, user_id, live, gone,
       (sum(live + gone) OVER (ORDER BY n) - live - gone)::bigint AS first
FROM c;

CREATE UNIQUE INDEX ON gen.meeting (n);
ANALYZE gen.detailed; ANALYZE gen.meeting;

ALTER TABLE journal_details DROP CONSTRAINT journal_details_pkey;
INSERT INTO journal_details (id, journal_id, course_meeting_id, point_id_1, status_1, note_1,
  point_id_2, status_2, note_2, point_id_3, status_3, note_3, create_date, update_date,
  update_user_id, active)
SELECT gen.id(h, n, ymd), journal, meeting,
       -- slot 1: attendance, at seminars often a mark; slots 2 and 3: later marks
       CASE WHEN h % 100 < 2 THEN NULL
            WHEN seminar AND h % 100 < 40 THEN 110000140 + h / 100 % 11
            WHEN h / 100 % 100 < 86 THEN 110000161 WHEN h / 100 % 100 < 97 THEN 110000160
            ELSE 110000162 + h / 10000 % 2 END,
       CASE WHEN h % 3 = 0 THEN 1 END,
       CASE WHEN h % 1009 = 0 THEN 'gecikib' END,
       CASE WHEN h / 10000 % 100 < 15 THEN 110000140 + h / 1000000 % 11 END,
       CASE WHEN h / 10000 % 100 < 15 THEN h % 2 END, NULL,
       CASE WHEN h / 10000 % 100 < 2 THEN 110000140 + h / 20000000 % 11 END,
       CASE WHEN h / 10000 % 100 < 2 THEN 1 END, NULL,
       at, CASE WHEN h % 7 < 3 THEN at + (h % 2000000) * interval '1 second' END,
       CASE WHEN h % 7 < 3 THEN user_id END,
       CASE WHEN live THEN 1 ELSE gen.gone(n) END
FROM (
  SELECT d.first + g.s AS n, d.id AS journal, m.id AS meeting, m.ymd, d.place = 1 AS seminar,
         d.user_id, g.s < d.live AS live, gen.r('details', d.first + g.s) AS h,
         gen.at(m.day, gen.r('details.at', d.first + g.s)) AS at
  FROM gen.detailed d
  CROSS JOIN LATERAL generate_series(0, d.live + d.gone - 1) AS g (s)
  JOIN gen.meeting m ON m.n = d.start + (2 * g.s + d.place) % d.sessions) AS x
ORDER BY n;
ALTER TABLE journal_details ADD PRIMARY KEY (id);
