-- education_group and its members, person_orders, the academic calendar.

CREATE TABLE gen.grp AS
SELECT n, gen.r('groups', n) AS h,
       gen.id(gen.r('groups', n), n, 220302 + (n % 20)::integer) AS id,
       2018 + (gen.r('groups', n) % 7)::integer AS year
FROM generate_series(0::bigint, :group_active + :group_inactive - 1) AS n;
CREATE UNIQUE INDEX ON gen.grp (n);

INSERT INTO education_group (id, name, organization_id, education_level_id, education_type_id,
  education_lang_id, education_year_id, tyutor_id, yearly_payment, create_date, create_user_id,
  update_date, update_user_id, active)
SELECT g.id,
       -- active names are distinct; an inactive group repeats the name of an active one
       CASE name_n % 5 WHEN 0 THEN 900 + name_n || '-s' WHEN 1 THEN 'ML-' || name_n || '-17'
            WHEN 2 THEN 1000 + name_n || '-A' WHEN 3 THEN 1000 + name_n || '/s-15'
            ELSE 'SO-' || name_n || '-əs' END,
       (SELECT o.id FROM gen.org o WHERE o.n = 1 + g.h % 6), 110000101 + h % 2,
       110000096 + h / 2 % 2, 110000065 + h / 4 % 3,
       CASE WHEN h % 45 = 0 THEN NULL ELSE 200000000 + year - 2012 END,
       CASE WHEN h % 4 = 0 THEN NULL
            ELSE (SELECT t.id FROM gen.teacher t WHERE t.n = g.h / 4 % (SELECT count(*)
                                                                        FROM gen.teacher)) END,
       CASE WHEN h % 3 = 0 THEN 2500 END,
       CASE WHEN h % 80 = 0 THEN NULL ELSE gen.at('2022-03-02', h) END, 100000000,
       CASE WHEN h % 5 = 0 THEN gen.at('2023-09-10', h / 5) END,
       CASE WHEN h % 5 = 0 THEN 100000000 END,
       CASE WHEN n < :group_active THEN 1 ELSE gen.gone(n - :group_active + 1) END
FROM (SELECT *, n % :group_active AS name_n FROM gen.grp) AS g
ORDER BY g.id;

INSERT INTO education_group_student (id, education_group_id, student_id, create_date,
                                     create_user_id, active)
SELECT gen.id(x.h, x.n, 220305), g.id, s.id,
       gen.at('2022-03-05'::date + (x.h % 900)::integer, x.h / 9),
       100000000, CASE WHEN x.n < :member_inactive THEN gen.gone(x.n + 1) ELSE 1 END
FROM (SELECT n, gen.r('members', n) AS h, (SELECT count(*) FROM gen.student) AS k,
             :group_active + :group_inactive AS groups
      FROM generate_series(0::bigint,
             (SELECT count(*) FROM gen.student) + :member_extra - 1) AS n) AS x
JOIN gen.student s ON s.n = x.n % k
JOIN gen.grp g ON g.n = CASE WHEN x.n < k THEN (x.n * 13) % groups
                             ELSE ((x.n - k) * 13 + 1 + x.h % (groups - 1)) % groups END
ORDER BY 1;

-- Assignments: those of the newest order of a serial, those of the others, inactive ones.
INSERT INTO person_orders (id, person_id, order_id, student_id, reason_id, note, create_date,
                           active)
SELECT gen.id(x.h, x.n, gen.ymd(o.day)), s.person_id, o.id,
       CASE WHEN x.h % 33 = 0 THEN NULL ELSE s.id END,
       CASE WHEN x.h % 3 = 0 THEN 110000180 + x.h / 3 % 4 END,
       CASE WHEN x.h % 20 = 0 THEN 'əsas: ərizə № ' || x.n END,
       CASE WHEN x.h % 90 = 0 THEN NULL ELSE gen.at(o.day, x.h) END,
       CASE WHEN x.part = 3 THEN gen.gone(x.n) ELSE 1 END
FROM (SELECT part, n, gen.r('assignments', n) AS h
      FROM (SELECT n, CASE WHEN n < :assignment_kept THEN 1
                           WHEN n < :assignment_kept + :assignment_repeat THEN 2 ELSE 3 END AS part
            FROM generate_series(0::bigint, :assignment_kept + :assignment_repeat
                                            + :assignment_inactive - 1) AS n) AS p) AS x
JOIN (SELECT *, row_number() OVER (PARTITION BY newest ORDER BY n) - 1 AS place
      FROM gen.ord WHERE live) AS o
  ON o.newest = (x.part <> 2)
 AND o.place = x.h / 7 % CASE x.part WHEN 2 THEN :serial_repeat ELSE :serial END
JOIN gen.student s ON s.n = x.h / 5 % (SELECT count(*) FROM gen.student)
ORDER BY 1;

-- The calendar. Years with events: 2016/2017, 2018/2019 to 2024/2025. Unscaled.
INSERT INTO academic_schedule (id, education_year_id, active)
SELECT 210000000 + y, 200000000 + y - 2012, 1
FROM unnest(ARRAY[2016, 2018, 2019, 2020, 2021, 2022, 2023, 2024]) AS y
UNION ALL SELECT 210000001, NULL, 1
UNION ALL SELECT 210000002, 200000099, 1
ORDER BY 1;

CREATE TABLE gen.event AS
WITH e AS (
  SELECT 1 AS part, g, 2020 + g / 18 AS year, 110000245 + g % 18 AS type
  FROM generate_series(0, :event_good - 1) AS g
  UNION ALL
  SELECT 2, g, (ARRAY[2016, 2018, 2019])[1 + g / 18 % 3], 110000245 + g % 18
  FROM generate_series(0, :event_old_year - 1) AS g
  UNION ALL
  SELECT 3, g, NULL, 110000245 + g % 18 FROM generate_series(0, :event_no_year - 1) AS g
  UNION ALL
  SELECT 4, g, 2020 + g % 5, CASE g % 3 WHEN 0 THEN NULL WHEN 1 THEN 110000263 + g
                                        ELSE 110000037 END
  FROM generate_series(0, :event_other_type - 1) AS g
  UNION ALL
  SELECT 5, g, 2020 + g % 5, 110000246 + g % 3 FROM generate_series(0, :event_bad_date - 1) AS g
  UNION ALL
  SELECT 6, g, 2023, 110000246 FROM generate_series(0, :event_inactive - 1) AS g
)
SELECT row_number() OVER (ORDER BY part, g) - 1 AS n, e.*,
       CASE WHEN type BETWEEN 110000245 AND 110000253 OR type NOT BETWEEN 110000245 AND 110000262
              OR type IS NULL
            THEN make_date(coalesce(year, 2021), 9, 15) + (coalesce(type, 0) % 9 * 17)::integer
            ELSE make_date(coalesce(year, 2021) + 1, 2, 14)
              + ((type - 110000254) * 17)::integer END AS day
FROM e;

INSERT INTO academic_schedule_details (id, academic_schedule_id, type_id, start_date, end_date,
                                       create_date, create_user_id, active)
SELECT gen.id(gen.r('events', n), n, 240905),
       CASE WHEN part = 3 THEN CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN 210000001
                                          WHEN 2 THEN 210000002 ELSE 210009999 END
            ELSE 210000000 + year END,
       type,
       CASE part WHEN 5 THEN (ARRAY['', NULL, '31/09/2021', '15.09.2022', 'sentyabr'])[1 + n % 5]
                 ELSE gen.dmy(day) END,
       CASE WHEN n % 3 = 0 THEN gen.dmy(day + 6) WHEN n % 3 = 1 THEN gen.dmy(day) END,
       gen.at('2024-09-05', gen.r('events', n)), 100000000,
       CASE part WHEN 6 THEN 0 ELSE 1 END
FROM gen.event
ORDER BY 1;
