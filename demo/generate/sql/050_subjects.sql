-- subject_dic, subject_catalog, plans. 95 % of the subjects are named in dictionaries, 5 % in
-- subject_dic. A hundred subjects have consecutive ids (a bulk load with a counter); the last
-- five digits of all ids are distinct, as they were.

INSERT INTO subject_dic (id, code, name_az, name_en, name_ru, active)
SELECT 600000000 + n, 'S' || n, 'Xüsusi fənn № ' || n, CASE WHEN n % 2 = 0 THEN 'Special subject ' || n END,
       NULL, CASE WHEN n % 20 = 3 THEN 0 ELSE 1 END
FROM generate_series(0, :subject_dic + 14) AS n
ORDER BY 1;

CREATE TABLE gen.subject AS
SELECT n, gen.r('subjects', n) AS h, n < :subject_active AS live,
       -- first 100 numbers: consecutive tails; the others: a permutation of what remains
       CASE WHEN n < 100 THEN 210210380900000000 + (n % 7) * 1000000 + 600 + n
            ELSE 210210000000000000 + (gen.r('subjects', n) % 60) * 10000000000
                 + (gen.r('subjects', n) / 60 % 60) * 100000000
                 + (gen.r('subjects', n) / 3600 % 100) * 100000
                 + (700 + (n - 100) * 77773 % 99000) END AS id,
       (ARRAY['HF', 'İPF', 'MF', 'İF', 'TF', 'XDF'])[1 + n % 6] || '|B'
         || lpad((n / 6 % 90 + 1)::text, 2, '0') || '.' || 1 + n % 9 AS code
FROM generate_series(0::bigint, :subject_active + :subject_inactive - 1) AS n;
CREATE UNIQUE INDEX ON gen.subject (n);

INSERT INTO subject_catalog (id, subject_name_id, organization_id, note, create_date,
                             create_user_id, update_date, update_user_id, active)
SELECT s.id, CASE WHEN n % 20 = 7 THEN 600000000 + n / 20 % (:subject_dic + 15)
                ELSE 110000500 + h % (SELECT count(*) FROM gen.dict WHERE t = 30) END,
       CASE WHEN h % 30 = 0 THEN NULL
            ELSE (SELECT o.id FROM gen.org o WHERE o.n = 9 + s.h % 20) END,
       CASE WHEN h % 15 = 0 THEN 'köhnə' END,
       gen.at('2021-02-10', h), 100000000,
       CASE WHEN h % 3 = 0 THEN gen.at('2022-05-01'::date + (h % 900)::integer, h / 3) END,
       CASE WHEN h % 3 = 0 THEN 100000000 END,
       CASE WHEN live THEN 1 ELSE gen.gone(n - :subject_active + 1) END
FROM gen.subject s
ORDER BY s.id;

INSERT INTO education_plan (id, name, code, organization_id, education_level_id,
  education_type_id, year_started, year_ended, max_semester, note, status, active, create_date,
  update_date)
SELECT gen.id(gen.r('plans', n), n, 220301 + (n % 28)::integer),
       'Tədris planı – ' || (SELECT name_az FROM org_names WHERE id =
         (SELECT name_id FROM gen.org WHERE gen.org.n = 41 + p.n % 19)) || ' ' || 2018 + n % 7,
       'TP-' || n, (SELECT id FROM gen.org WHERE gen.org.n = 31 + p.n % 29),
       110000101 + n % 2, 110000096 + n % 2, 2018 + n % 7, 2022 + n % 7, 8 - 4 * (n % 2)::integer,
       NULL, 110000058, CASE WHEN n < :plan_active THEN 1 ELSE gen.gone(n - :plan_active + 1) END,
       gen.at('2022-03-01', gen.r('plans', n)), NULL
FROM generate_series(0::bigint, :plan_active + :plan_inactive - 1) AS p (n)
ORDER BY 1;

INSERT INTO education_plan_subject_group (id, education_plan_id, active)
SELECT gen.id(gen.r('plan.groups', n), n, 220305), p.id, 1
FROM (SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM education_plan) AS p
ORDER BY 1;

-- Plan subjects; number n belongs to subject n modulo the number of subjects. Seven more name a
-- subject that is not there (060_courses.sql).
CREATE TABLE gen.plan_subject AS
SELECT n, gen.r('plan.subjects', n) AS h, gen.id(gen.r('plan.subjects', n), n, 220310) AS id,
       n % (:subject_active + :subject_inactive) AS subject
FROM generate_series(0::bigint, :plan_subject - 8) AS n;
CREATE INDEX ON gen.plan_subject (subject);

INSERT INTO education_plan_subject (id, subject_id, subject_group_id, code, credit, all_hours,
  in_hours, out_hours, m_hours, s_hours, l_hours, fm_hours, week_charge, semester_id,
  course_work, chosen_status, department, active, create_date)
SELECT p.id, s.id, g.id,
       replace(s.code, '|', (ARRAY['-', '-', ' – ', '- '])[1 + p.h % 4]),
       (ARRAY['6', '5', '4', '3', '6', '4,5', ' 7 ', '', NULL])[1 + p.h / 4 % 9],
       (ARRAY['180', '150', '120', '90'])[1 + p.h / 4 % 4], '60', '60',
       (ARRAY['30', '30', '16', '45'])[1 + p.h / 64 % 4], (ARRAY['30', '15', '30'])[1 + p.h % 3],
       CASE WHEN p.h % 6 = 0 THEN '15' END, NULL, (1 + p.h % 4)::text,
       110000135 + p.h % 2, CASE WHEN p.h % 9 = 0 THEN 1 ELSE 0 END, 0, NULL,
       CASE WHEN p.h % 25 = 0 THEN gen.gone(p.n) ELSE 1 END, gen.at('2022-03-10', p.h)
FROM gen.plan_subject p
JOIN gen.subject s ON s.n = p.subject
JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM education_plan_subject_group) AS g
  ON g.n = p.h / 9 % (:plan_active + :plan_inactive)
ORDER BY p.id;
