-- course_meeting: sessions, not weekly slots. A section meets in three weekly slots (47 sections
-- in two), and all its courses meet in these; hence 4,696 slots for 178,360 sessions.

CREATE TABLE gen.slot AS
SELECT s.n AS section, j,
       -- days differ modulo 7 within a section; half of the day-0 slots are written as 7
       CASE WHEN (s.h + 2 * j) % 7 = 0 AND s.h % 2 = 0 THEN 7 ELSE (s.h + 2 * j) % 7 END AS day,
       300000001 + (s.h / 7 + j) % 8 AS clock
FROM gen.section s, generate_series(0, 2) AS j
WHERE j < 2 OR s.n >= :section_two_slots;
CREATE UNIQUE INDEX ON gen.slot (section, j);

-- Per course: sessions with a clock, without one, and of what kind. `start` is the number of the
-- course's first session.
CREATE TABLE gen.meets AS
WITH c AS (
  SELECT n, kind, rank,
         :meeting_clock * (rank + 1) / k - :meeting_clock * rank / k AS with_clock,
         :meeting_no_clock * (rank + 1) / k - :meeting_no_clock * rank / k AS without_clock
  FROM gen.class, (SELECT count(*) AS k FROM gen.class) AS s
), a AS (
  SELECT n, kind, with_clock, without_clock,
         CASE WHEN rank < :meeting_removed THEN 1 ELSE 0 END AS removed FROM c
  UNION ALL
  SELECT n, kind, 0, 0, CASE kind WHEN 'D' THEN 7 ELSE 5 END FROM gen.course
  WHERE kind IN ('D', 'N', 'M'))
SELECT *, (sum(with_clock + without_clock + removed) OVER (ORDER BY n)
           - (with_clock + without_clock + removed))::bigint AS start
FROM a;
CREATE UNIQUE INDEX ON gen.meets (n);

CREATE TABLE gen.meeting AS
WITH m AS (
  SELECT m.start + s AS n, m.n AS course, s,
         s < m.with_clock + m.without_clock AS live,
         s >= m.with_clock AND s < m.with_clock + m.without_clock AS no_clock
  FROM gen.meets m,
       LATERAL generate_series(0, m.with_clock + m.without_clock + m.removed - 1) AS s
), d AS (
  SELECT m.*, c.id AS course_id, sl.day AS week_day, sl.clock,
         -- a course keeps its room in a slot, but for a tenth of its sessions
         230100000000000000 + CASE WHEN gen.r('meetings.room', m.n) % 10 = 0
           THEN gen.r('meetings.room', m.n) / 10 ELSE m.course * 3 + sl.j END % :rooms AS room,
         gen.r('meetings', m.n) AS h, m.s % k.slots AS slot,
         c.start + (m.s / k.slots * 7)::integer
           + (CASE WHEN sl.day IN (0, 1) THEN 0 ELSE sl.day - 1 END)::integer
           - (extract(isodow FROM c.start)::integer - 1) AS day
  FROM m
  JOIN gen.course c ON c.n = m.course
  CROSS JOIN LATERAL (SELECT CASE WHEN c.section < :section_two_slots THEN 2 ELSE 3 END AS slots)
    AS k
  JOIN gen.slot sl ON sl.section = c.section AND sl.j = m.s % k.slots)
SELECT *, gen.ymd(day) AS ymd,
       gen.id(h, n, gen.ymd(day - 20)) AS id
FROM d;

INSERT INTO course_meeting (id, course_id, clock_id, room_id, week_day, meeting_date,
  lesson_type_id, create_date, create_user_id, update_date, update_user_id, active)
SELECT id, course_id,
       CASE WHEN NOT no_clock THEN clock WHEN h % 2 = 0 THEN 300000099 END,
       room, week_day, CASE WHEN h % 5 = 0 THEN NULL ELSE gen.dmy(day) END,
       CASE s % 2 WHEN 0 THEN 110000111 ELSE 110000112 END,
       gen.at(day - 20, h), 100000000, CASE WHEN h % 6 = 0 THEN gen.at(day, h / 6) END,
       CASE WHEN h % 6 = 0 THEN 100000000 END, CASE WHEN live THEN 1 ELSE gen.gone(n) END
FROM gen.meeting
UNION ALL
SELECT gen.id(gen.r('meetings.lost', g), 9000000 + g, 220914),
       CASE WHEN g % 2 = 0 THEN 220900000000000000 + g END, 300000001 + g % 8,
       230100000000000000 + g % :rooms, g % 8, '14/09/2022', 110000111,
       gen.at('2022-09-01', gen.r('meetings.lost', g)), 100000000, NULL, NULL, 1
FROM generate_series(0::bigint, :meeting_no_course - 1) AS g
ORDER BY 1;

-- Topics of some sessions, files of some topics.
CREATE TABLE gen.topic AS
SELECT g AS n, gen.id(gen.r('topics', g), g, m.ymd) AS id, m.id AS meeting, m.day
FROM generate_series(0::bigint, :topic - 1) AS g
JOIN gen.meeting m ON m.n = gen.r('topics.meeting', g) % (SELECT count(*) FROM gen.meeting);
CREATE UNIQUE INDEX ON gen.topic (n);

INSERT INTO course_meeting_topic (id, course_meeting_id, create_date, create_user_id, active)
SELECT id, meeting, gen.at(day, gen.r('topics', n)), 100000000,
       CASE WHEN n % 50 = 1 THEN gen.gone(n / 50) ELSE 1 END
FROM gen.topic ORDER BY id;

INSERT INTO files (id, name, path, content_type, file_size)
SELECT gen.id(h, n, 220920),
       gen.pick(ARRAY['Mühazirə ', 'Mövzu № ', 'Sillabus – ', 'slayd_', 'Təqdimat '], h) || n
         || (ARRAY['.pdf', '.pptx', '.docx', '.mp4'])[1 + h % 4],
       '/files/' || n % 97 || '/' || n,
       (ARRAY['application/pdf', 'application/vnd.ms-powerpoint', 'application/msword',
              'video/mp4'])[1 + h % 4], 1000 + h % 9000000
FROM (SELECT n, gen.r('files', n) AS h FROM generate_series(0::bigint, :files - 1) AS n) AS f
ORDER BY 1;

INSERT INTO course_meeting_topic_file (id, course_meeting_topic_id, file_id, create_date,
                                       create_user_id, active)
SELECT gen.id(h, g, 220921), t.id,
       CASE WHEN h % 300 = 0 THEN 220100000000000000 + g
            ELSE gen.id(gen.r('files', h % :files), h % :files, 220920) END,
       gen.at(t.day, h), 100000000, CASE WHEN g < :topic_file_active THEN 1 ELSE gen.gone(g) END
FROM (SELECT g, gen.r('topic.files', g) AS h
      FROM generate_series(0::bigint, :topic_file_active + :topic_file_inactive - 1) AS g) AS f
JOIN gen.topic t ON t.n = h / 3 % :topic
ORDER BY 1;
