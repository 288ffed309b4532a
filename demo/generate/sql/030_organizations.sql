-- organizations: a university, 6 faculties, 2 centres, 22 departments, 29 specialities = 60, of
-- which 56 active and 2 with a parent that is not there. Names are in org_names, but for two
-- whose name is in dictionaries. Never scaled.

CREATE TABLE gen.org AS
SELECT n, level, ord,
       CASE WHEN n = 0 THEN 100000000
            ELSE gen.id(gen.r('organizations', n), n, 220216 + (n % 12)::integer) END AS id,
       gen.id(gen.r('org_names', n), n, CASE WHEN level = 4 AND ord % 2 = 0 THEN 220211
                                             ELSE 220223 END) AS name_id
FROM (SELECT n, CASE WHEN n = 0 THEN 1 WHEN n < 9 THEN 2 WHEN n < 31 THEN 3 ELSE 4 END AS level,
             CASE WHEN n = 0 THEN 0 WHEN n < 9 THEN n - 1 WHEN n < 31 THEN n - 9
                  ELSE n - 31 END AS ord
      FROM generate_series(0, 59) AS n) AS s;

INSERT INTO organizations (id, type_id, formula, parent_id, dictionary_name_id, nod_level,
                           logo_name, create_date, create_user_id, active)
SELECT o.id,
       CASE WHEN o.level = 1 THEN 110000170 WHEN o.level = 2 AND o.ord >= 6 THEN 110000174
            WHEN o.level = 2 AND o.ord = 5 THEN 110000175 WHEN o.level = 2 THEN 110000171
            WHEN o.level = 3 THEN 110000172 ELSE 110000173 END,
       -- the path in the tree; the one-shot took it for a code where it was there
       CASE WHEN o.n % 3 = 1 THEN o.level || '/' || o.n END,
       CASE WHEN o.level = 1 THEN NULL
            WHEN o.level = 3 AND o.ord IN (20, 21) THEN gen.id(gen.r('org_names', 70 + o.ord),
                                                             70 + o.ord, 230916)
            ELSE p.id END,
       CASE WHEN o.n IN (12, 40) THEN 110000500 + o.n ELSE o.name_id END,
       CASE WHEN o.n = 15 THEN NULL ELSE o.level END,
       CASE WHEN o.level = 2 THEN o.ord::integer END,
       gen.at('2022-02-16', gen.r('organizations.at', o.n)), 100000000,
       CASE WHEN o.n IN (29, 30, 58, 59) THEN gen.gone(o.n - 28) ELSE 1 END
FROM gen.org o
LEFT JOIN gen.org p
  ON p.level = o.level - 1
 AND p.ord = CASE o.level WHEN 2 THEN 0 WHEN 3 THEN o.ord % 6 ELSE o.ord % 20 END
ORDER BY o.id;

-- 90 names: 58 in use, the two dangling parents' ids, ids that equal a speciality's own, spares.
CREATE TABLE gen.org_name AS
SELECT name_id AS id, n FROM gen.org WHERE n NOT IN (12, 40)
UNION ALL
SELECT gen.id(gen.r('org_names', n), n, 230916), n FROM generate_series(90, 91) AS n
UNION ALL
SELECT id, n + 100 FROM gen.org WHERE level = 4 AND ord < 8
UNION ALL
SELECT gen.id(gen.r('org_names', n), n, 230916), n FROM generate_series(200, 221) AS n;

INSERT INTO org_names (id, name_az, name_en, name_ru, active)
SELECT id,
       CASE WHEN n = 0 THEN 'Bakı Biznes Universiteti'
            WHEN n < 7 THEN (ARRAY['İqtisadiyyat və menecment', 'Hüquq', 'Maliyyə və mühasibat',
              'İnformasiya texnologiyaları', 'Xarici dillər', 'Turizm və qonaqpərvərlik'])[n]
              || ' fakültəsi'
            WHEN n < 9 THEN (ARRAY['Magistratura mərkəzi', 'Distant təhsil mərkəzi '])[n - 6]
            WHEN n < 31 THEN gen.pick(ARRAY['“Biznesin təşkili”', 'İqtisadi nəzəriyyə', 'Mülki hüquq',
              'Cinayət hüququ', 'Mühasibat uçotu və audit', 'Maliyyə  və bank işi', 'Ali riyaziyyat',
              'Kompüter mühəndisliyi', 'İngilis dili', 'Azərbaycan dili və ədəbiyyatı',
              'Tarix və fəlsəfə', 'Marketinq'], n) || ' kafedrası – ' || n
            ELSE gen.pick(ARRAY['Biznesin idarə edilməsi', 'Hüquqşünaslıq', 'Maliyyə', 'Menecment',
              'Kompüter elmləri', 'Tərcümə (ingilis dili)', 'Turizm və otelçilik',
              'Beynəlxalq ticarət və logistika'], n) || ' ixtisası ' || n END,
       CASE WHEN n = 0 THEN 'Baku Business University' WHEN n % 4 = 0 THEN 'Unit ' || n END,
       CASE WHEN n = 0 THEN 'Бакинский Бизнес Университет' END,
       CASE WHEN n >= 219 THEN gen.gone(n - 218) ELSE 1 END
FROM gen.org_name
ORDER BY id;

INSERT INTO organisations (id, org_name_id, active)
SELECT 400000000 + row_number() OVER (ORDER BY n), id, 1 FROM gen.org_name WHERE n < 60
ORDER BY 1;

INSERT INTO user_groups (id, name_az, name_en, parent_id, create_date, create_user_id, active)
SELECT 500000000 + k, (ARRAY['Tələbələr', 'Müəllimlər', 'İnzibatçılar', 'Tyutorlar'])[k],
       (ARRAY['Students', 'Teachers', 'Administrators', 'Tutors'])[k], NULL,
       timestamptz '2021-09-01 10:00+04', 100000000, 1
FROM generate_series(1, 4) AS k;
