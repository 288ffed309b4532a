-- Who there is. gen.human has one row per person: administrators, teachers, students, each active
-- or not (TA, TI, SA, SI, AD), with the kind of a second user row where there is one, and people
-- without any user row (PO). gen.login has one row per user row.

CREATE TABLE gen.human AS
WITH kinds AS (
  SELECT kind, count, sum(count) OVER (ORDER BY ord) - count AS start
  FROM (VALUES (1, 'AD', :first_admin), (2, 'TA', :first_teacher),
               (3, 'TI', :first_teacher_inactive), (4, 'SI', :first_student_inactive),
               (5, 'SA', :first_student), (6, 'PO', :person_without_user)) AS v (ord, kind, count)
), h AS (
  SELECT (start + k)::bigint AS n, kind, k
  FROM kinds, generate_series(0, count - 1) AS k
)
SELECT n, kind, k::bigint AS k,
       CASE
         WHEN kind = 'TA' AND k < :second_teacher_of_teacher THEN 'TA'
         WHEN kind = 'TA' AND k < :second_teacher_of_teacher + :second_admin THEN 'AD'
         WHEN kind = 'TI' AND k < :second_teacher_inactive THEN 'TI'
         WHEN kind = 'SI' AND k < :second_student_of_inactive THEN 'SA'
         WHEN kind = 'SA' AND k < :second_teacher - :second_teacher_of_teacher THEN 'TA'
         WHEN kind = 'SA' AND k < :second_teacher - :second_teacher_of_teacher
              + :second_student - :second_student_of_inactive THEN 'SA'
         WHEN kind = 'SA' AND k < :second_teacher - :second_teacher_of_teacher
              + :second_student - :second_student_of_inactive + :second_student_inactive THEN 'SI'
       END AS kind2,
       gen.day(gen.r('human.day', n)) AS day,
       gen.r('human.sex', n) % 2 AS sex,               -- 0 man, 1 woman
       gen.r('human.name', n) AS h
FROM h;

ALTER TABLE gen.human ADD PRIMARY KEY (n);

-- Surnames carry the ending of the sex; patronymics OĞLU and QIZI. All upper case, with the
-- dotted and dotless I of the language.
ALTER TABLE gen.human ADD firstname text, ADD lastname text, ADD patronymic text;
UPDATE gen.human SET
  firstname = CASE sex WHEN 0 THEN gen.pick(ARRAY['ƏLİ', 'ELÇİN', 'RƏŞAD', 'İLQAR', 'VÜQAR',
      'TURAL', 'ORXAN', 'NİCAT', 'ELNUR', 'KAMRAN', 'ŞAHİN', 'FUAD', 'ANAR', 'EMİN', 'CAVİD',
      'TƏRLAN', 'RAMİL', 'SAMİR', 'ÜLVİ', 'ÖMƏR', 'İSMAYIL', 'QABİL', 'MURAD', 'HÜSEYN', 'ƏHMƏD',
      'MƏHƏMMƏD', 'RÜFƏT', 'AQİL', 'ZAUR', 'ÇİNGİZ', 'TOĞRUL', 'YAŞAR', 'VASİF', 'İBRAHİM'], h)
    ELSE gen.pick(ARRAY['AYSEL', 'GÜNEL', 'LEYLA', 'NİGAR', 'ŞƏBNƏM', 'AYGÜN', 'SEVİNC', 'ÜLVİYYƏ',
      'NURANƏ', 'FİDAN', 'ZEYNƏB', 'FATİMƏ', 'ƏSMƏR', 'İRADƏ', 'KÖNÜL', 'TÜRKAN', 'JALƏ', 'RƏNA',
      'GÜLNAR', 'XƏYALƏ', 'SƏBİNƏ', 'ÇİNARƏ', 'ARZU', 'SƏADƏT', 'PƏRVANƏ', 'VÜSALƏ', 'MƏLƏK',
      'NƏRMİN', 'İLAHƏ', 'AYTAC', 'GÜLÇİN', 'YEGANƏ'], h) END,
  lastname = gen.pick(ARRAY['ƏLİYEV', 'MƏMMƏDOV', 'HÜSEYNOV', 'HƏSƏNOV', 'QULİYEV', 'İSMAYILOV',
      'ABBASOV', 'CƏFƏROV', 'RÜSTƏMOV', 'BAĞIROV', 'ƏHMƏDOV', 'NƏSİROV', 'SÜLEYMANOV', 'KƏRİMOV',
      'İBRAHİMOV', 'QASIMOV', 'ŞÜKÜROV', 'ÖMƏROV', 'VƏLİYEV', 'MUSAYEV', 'ORUCOV', 'YUSİFOV',
      'ZEYNALOV', 'TAĞIYEV', 'ÇƏRKƏZOV', 'ŞİRİNOV', 'SADIQOV', 'RƏHİMOV', 'NURİYEV', 'FƏRƏCOV'],
      h / 64) || CASE sex WHEN 1 THEN 'A' ELSE '' END,
  patronymic = CASE WHEN h % 40 = 7 THEN NULL ELSE gen.pick(ARRAY['RAMİZ', 'TOFİQ', 'VAQİF',
      'ƏLƏKBƏR', 'İSA', 'MUSA', 'NAZİM', 'QURBAN', 'ŞAKİR', 'HACI', 'YAQUB', 'ZAHİD', 'ÖVSƏT',
      'SABİR', 'AĞASI', 'ELDAR', 'RAFİQ', 'ILDIRIM', 'CAHANGİR', 'FƏRHAD'], h / 4096)
      || CASE sex WHEN 1 THEN ' QIZI' ELSE ' OĞLU' END END;
-- A tenth of the surnames has no ending, some names a stray blank.
UPDATE gen.human SET lastname = gen.pick(ARRAY['RƏHİMLİ', 'ƏLİZADƏ', 'QARAYEVSKİ', 'MƏMMƏDLİ',
    'ŞIXLINSKİ', 'İSGƏNDƏRLİ', 'HACIZADƏ', 'AĞAYARLI'], h / 64) WHERE h % 10 = 3;
UPDATE gen.human SET firstname = firstname || ' ', lastname = ' ' || lastname WHERE h % 200 = 5;

-- ids: persons partly by MAX(id)+1, as the newer interface makes them.
ALTER TABLE gen.human ADD person_id bigint, ADD account_id bigint;
UPDATE gen.human SET
  person_id = gen.id(gen.r('persons', n), n, gen.ymd(day)),
  account_id = CASE n WHEN 0 THEN 100000000
                      ELSE gen.id(gen.r('accounts', n), n, gen.ymd(day)) END;
UPDATE gen.human SET person_id = m.id + m.rank
FROM (SELECT n AS who, (SELECT max(person_id) FROM gen.human) AS id,
             row_number() OVER (ORDER BY n) AS rank
      FROM gen.human WHERE gen.r('persons.max', n) % 150 = 0 OR n IN (1, 2)) AS m
WHERE m.who = n;

-- User rows: the first of an account always has the lower id.
CREATE TABLE gen.login AS
WITH f AS (
  SELECT n AS human, kind, 1 AS place, n, day FROM gen.human WHERE kind <> 'PO'
  UNION ALL
  SELECT n, kind2, 2, (SELECT count(*) FROM gen.human) + row_number() OVER (ORDER BY n),
         least(day + 200 + (gen.r('login.later', n) % 800)::integer, date '2025-06-30')
  FROM gen.human WHERE kind2 IS NOT NULL
), i AS (
  SELECT f.*, CASE n WHEN 0 THEN 100000000
                     ELSE gen.id(gen.r('users', n), n, gen.ymd(day)) END AS made
  FROM f)
SELECT human, kind, place, n, day,
       CASE place WHEN 1 THEN min(made) OVER w ELSE max(made) OVER w END AS id,
       gen.r('users.more', n) AS h
FROM i
WINDOW w AS (PARTITION BY human);

-- Student and teacher rows, one per user row of that kind.
CREATE TABLE gen.student AS
SELECT s.*, h.person_id, h.person_id AS id, gen.r('students', s.n) AS h,
       CASE WHEN s.place = 1 AND s.kind = 'SA' THEN row_number() OVER (
         PARTITION BY s.place = 1 AND s.kind = 'SA' ORDER BY gen.r('students.pool', s.n)) - 1
       END AS pool,                                    -- place among the loaded students
       CASE WHEN s.place = 2 AND s.kind = 'SA' THEN row_number() OVER (
              PARTITION BY s.place = 2 AND s.kind = 'SA' ORDER BY gen.r('students.pool', s.n)) - 1
            WHEN s.kind = 'SI' THEN :second_student + row_number() OVER (
              PARTITION BY s.kind = 'SI' ORDER BY gen.r('students.pool', s.n)) - 1
       END AS lost                                     -- place among those not loaded
FROM (SELECT row_number() OVER (ORDER BY l.n) - 1 AS n, l.human, l.kind, l.place, l.day,
             l.id AS user_id
      FROM gen.login l WHERE l.kind IN ('SA', 'SI')) AS s
JOIN gen.human h ON h.n = s.human;
UPDATE gen.student SET id = gen.id(h, n, gen.ymd(day));

CREATE TABLE gen.teacher AS
SELECT t.*, h.person_id, h.person_id AS id, gen.r('teachers', t.n) AS h, h.k AS human_k
FROM (SELECT row_number() OVER (ORDER BY l.n) - 1 AS n, l.human, l.kind, l.place, l.day,
             l.id AS user_id
      FROM gen.login l WHERE l.kind IN ('TA', 'TI')) AS t
JOIN gen.human h ON h.n = t.human;
UPDATE gen.teacher SET id = gen.id(h, n, gen.ymd(day));

ANALYZE gen.human; ANALYZE gen.login; ANALYZE gen.student; ANALYZE gen.teacher;
