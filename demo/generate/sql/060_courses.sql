-- course. Sections of one subject in one term share the first 20 characters of their code, which
-- is what the one-shot cut them to: gen.section has one row per (subject, year, semester).
--
-- Kinds: C active with subject, N active without (plan subject missing), J inactive with active
-- journal rows, M inactive without subject (plan subject or subject missing, or subject
-- inactive), D inactive with active details on inactive journal rows, R inactive, bare.

CREATE TABLE gen.section AS
SELECT n, n % :subject_active AS subject,
       -- fourteen terms from 2018/2019 on; different ones for the sections of one subject
       ((gen.r('sections', n % :subject_active) + 5 * (n / :subject_active)) % 14)::integer AS term,
       gen.r('sections.code', n) AS h
FROM generate_series(0::bigint, :section - 1) AS n;

CREATE TABLE gen.course AS
WITH kinds AS (
  SELECT kind, count, sum(count) OVER (ORDER BY ord) - count AS start
  FROM (VALUES (1, 'C', :course_chain), (2, 'J', :course_dead_journal),
               (3, 'N', :course_nochain), (4, 'M', :course_dead_nochain),
               (5, 'D', :course_dead_detail), (6, 'R', :course_dead_rest)) AS v (ord, kind, count)
), c AS (
  SELECT (start + k)::bigint AS n, kind, k::bigint AS k
  FROM kinds, generate_series(0, count - 1) AS k
), s AS (
  SELECT c.*, gen.r('courses', n) AS h,
         CASE WHEN n < :section THEN n ELSE gen.r('courses.section', n) % :section END AS section
  FROM c)
SELECT s.*, x.subject, x.term, x.h AS section_h,
       row_number() OVER (PARTITION BY x.subject ORDER BY s.n) + 100 AS number,
       2018 + x.term / 2 AS year, x.term % 2 AS spring,
       CASE x.term % 2 WHEN 0 THEN make_date(2018 + x.term / 2, 9, 15)
                       ELSE make_date(2019 + x.term / 2, 2, 14) END AS start
FROM s JOIN gen.section x ON x.n = s.section;

ALTER TABLE gen.course ADD id bigint, ADD day date, ADD donor bigint, ADD suffix text;
UPDATE gen.course SET
  day = start - (h % 40)::integer,
  -- a few sections repeat the whole code of the first one of their kind
  donor = CASE WHEN kind = 'C' AND n >= :section AND n < :section + :course_code_repeat
               THEN section ELSE n END;
UPDATE gen.course SET id = gen.id(h, n, gen.ymd(day));
UPDATE gen.course SET suffix = CASE h / 8 % 5
    WHEN 0 THEN lpad((number + 2600)::text, 4, '0')
    WHEN 1 THEN 'İ-' || number || '-' || year % 100
    WHEN 2 THEN number || '-s'
    WHEN 3 THEN '10' || number || '/s-' || year % 100
    ELSE 'SO-' || number || '-əs' END;
-- MAX(id)+1 by the newer interface.
UPDATE gen.course SET id = m.top + m.rank
FROM (SELECT n AS who, (SELECT max(id) FROM gen.course) AS top,
             row_number() OVER (ORDER BY n) AS rank
      FROM gen.course WHERE gen.r('courses.max', n) % 120 = 0 OR n IN (3, 4)) AS m
WHERE m.who = n;
CREATE UNIQUE INDEX ON gen.course (n);

-- The code's middle part: one of four spellings per section.
ALTER TABLE gen.course ADD code text;
UPDATE gen.course c SET code = c.year || '/' || c.year + 1 || CASE c.spring WHEN 0 THEN '_PY_' ELSE '_YZ_' END
    || replace(s.code, '|', (ARRAY['-', '- ', ' – ', ' -'])[1 + c.section_h % 4])
    || '_' || d.suffix
FROM gen.subject s, gen.course d
WHERE s.n = c.subject AND d.n = c.donor;

INSERT INTO course (id, code, education_plan_subject_id, semester_id, education_year_id,
  education_lang_id, education_type_id, m_hours, s_hours, l_hours, fm_hours, student_count,
  start_date, note, status, copy_status, course_meeting_status, close_status, create_date,
  create_user_id, update_date, update_user_id, active, academic_schedule_details_id)
SELECT c.id, c.code,
       CASE WHEN kind = 'N' OR (kind = 'M' AND k % 3 = 0)
              THEN CASE WHEN k % 2 = 0 THEN NULL ELSE 229900000000000000 + c.n END
            WHEN kind = 'M' AND k % 3 = 1 THEN bad.id
            WHEN kind = 'M' THEN dead.id
            ELSE p.id END,
       CASE WHEN c.h % 60 = 0 THEN NULL ELSE 110000135 + c.spring END,
       CASE WHEN c.h % 60 = 1 THEN NULL
            WHEN c.h % 300 = 2 THEN 200000000 + c.year - 2011       -- a year after the code's
            ELSE 200000000 + c.year - 2012 END,
       CASE WHEN c.h / 60 % 10 = 0 THEN 110000067 WHEN c.h / 60 % 10 < 3 THEN 110000066
            WHEN c.h / 60 % 97 = 5 THEN NULL ELSE 110000065 END,
       CASE WHEN c.h / 600 % 7 = 0 THEN 110000097 ELSE 110000096 END,
       30 + c.h % 4 * 5, 30, CASE WHEN c.h % 6 = 0 THEN 15 ELSE 0 END, 45 + c.h % 30,
       CASE WHEN c.h / 64 % 20 = 0 THEN NULL WHEN c.h / 64 % 20 = 1 THEN 0
            ELSE 10 + c.h / 1280 % 36 END,
       CASE WHEN c.h % 3 = 0 THEN gen.dmy(c.start) END,
       CASE WHEN c.h % 40 = 0 THEN 'birləşdirilib' END,
       1, 0, CASE WHEN c.h % 2 = 0 THEN 110000057 ELSE 110000058 END,
       CASE WHEN c.year < 2023 AND c.h % 3 > 0 THEN 1 ELSE 0 END,
       CASE WHEN c.h % 223 = 0 THEN NULL ELSE gen.at(c.day, c.h) END,
       CASE WHEN c.h % 7 = 0 THEN 1 ELSE 100000000 END,
       CASE WHEN c.h % 5 < 2 THEN gen.at(c.day + 100, c.h / 5) END,
       CASE WHEN c.h % 5 < 2 THEN 100000000 END,
       CASE WHEN kind IN ('C', 'N') THEN 1 ELSE gen.gone(k + 1) END, NULL
FROM gen.course c
JOIN LATERAL (
  SELECT id FROM gen.plan_subject WHERE subject = c.subject
  ORDER BY hashint8extended(n, c.h) LIMIT 1) AS p ON true
CROSS JOIN LATERAL (
  SELECT 229800000000000000 + c.k % 7 AS id) AS bad
CROSS JOIN LATERAL (
  SELECT id FROM gen.plan_subject WHERE subject = :subject_active + c.k % :subject_inactive
  ORDER BY n LIMIT 1) AS dead
ORDER BY c.id;

-- The plan subjects of kind M that name a subject which is not there.
INSERT INTO education_plan_subject (id, subject_id, subject_group_id, code, active, create_date)
SELECT 229800000000000000 + k, 229700000000000000 + k, NULL, 'HF-B00.' || k, 1,
       timestamptz '2022-03-10 09:00+04'
FROM generate_series(0, 6) AS k;
