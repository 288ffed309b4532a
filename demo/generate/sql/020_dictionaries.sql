-- dictionary_types and dictionaries: 83 and 1,180 rows at every scale and seed. The ids that are
-- evidenced have their evidenced meaning; the others are ours.

INSERT INTO dictionary_types (id, code, name_az, name_en, name_ru, hidden_status, create_date,
                              create_user_id, active)
SELECT 100000000 + t, coalesce(v.code, 'TYPE_' || t), coalesce(v.az, 'Soraqça ' || t), v.en, v.ru,
       0, timestamptz '2021-09-01 10:00+04', 100000000, 1
FROM generate_series(1, 83) AS t
LEFT JOIN (VALUES
  (1, 'GENDER', 'Cins', 'Gender', 'Пол'),
  (2, 'LANGUAGE', 'Tədris dili', 'Language', 'Язык'),
  (3, 'ORDER', 'Əmrin növü', 'Order type', 'Тип приказа'),
  (4, 'STATUS', 'Status', 'Status', 'Статус'),
  (5, 'LESSON', 'Dərsin növü', 'Lesson type', NULL),
  (6, 'NATIONALITY', 'Millət', 'Nationality', 'Национальность'),
  (7, 'CITIZENSHIP', 'Vətəndaşlıq', 'Citizenship', 'Гражданство'),
  (8, 'SEMESTER', 'Semestr', 'Semester', 'Семестр'),
  (9, 'POINT', 'Qiymət', 'Mark', NULL),
  (10, 'CALENDAR', 'Akademik təqvim', 'Academic calendar', NULL),
  (11, 'ORG_TYPE', 'Struktur növü', 'Unit type', NULL),
  (12, 'POSITION', 'Vəzifə', 'Position', 'Должность'),
  (13, 'CONTRACT', 'Müqavilə növü', 'Contract type', NULL),
  (14, 'STAFF', 'İşçi növü', 'Staff type', NULL),
  (15, 'EDU_TYPE', 'Təhsil forması', 'Study form', NULL),
  (16, 'PAYMENT', 'Ödəniş növü', 'Payment', NULL),
  (17, 'EDU_LEVEL', 'Təhsil pilləsi', 'Level', NULL),
  (18, 'EDU_LINE', 'Qəbul xətti', 'Admission line', NULL),
  (19, 'MARITAL', 'Ailə vəziyyəti', 'Marital status', NULL),
  (20, 'SOCIAL', 'Sosial vəziyyət', NULL, NULL),
  (21, 'ORPHAN', 'Yetim statusu', NULL, NULL),
  (22, 'MILITARY', 'Hərbi mükəlləfiyyət', NULL, NULL),
  (23, 'BLOOD', 'Qan qrupu', NULL, NULL),
  (24, 'REASON', 'Əmrin səbəbi', 'Reason', NULL),
  (25, 'EXAM_TYPE', 'İmtahanın növü', 'Exam type', NULL),
  (26, 'STUDENT_STATUS', 'Tələbənin statusu', NULL, NULL),
  (27, 'DOCUMENT', 'Sənəd növü', NULL, NULL),
  (30, 'SUBJECT', 'Fənn adı', 'Subject', 'Предмет'),
  (71, 'NATION', 'Milliyyət (köhnə)', NULL, NULL)
) AS v (t, code, az, en, ru) USING (t);

CREATE TABLE gen.dict (id bigint PRIMARY KEY, t integer, code text, az text, en text, ru text);

INSERT INTO gen.dict VALUES
  (110000003, 1, 'M', 'Kişi', 'Male', 'Мужской'),
  (110000004, 1, 'F', 'Qadın ', 'Female', 'Женский'),
  (110000023, 7, 'AZE', 'Azərbaycan Respublikası', 'Azerbaijan', 'Азербайджан'),
  (110000024, 7, 'TUR', 'Türkiyə', 'Turkey', 'Турция'),
  (110000025, 7, 'RUS', 'Rusiya Federasiyası', 'Russia', 'Россия'),
  (110000035, 3, 'ADM', 'Qəbul əmri', 'Admission', NULL),
  (110000036, 3, 'DIS', 'Xaric əmri', 'Dismissal', NULL),
  (110000037, 3, 'OTH', 'Digər', 'Other', NULL),
  (110000057, 4, 'NEW', 'Gözləmədə', 'Pending', NULL),
  (110000058, 4, 'APP', 'Təsdiqlənib', 'Approved', NULL),
  (110000059, 4, 'PEN', 'Baxılır', NULL, NULL),
  (110000060, 4, 'CAN', 'Ləğv edilib', 'Cancelled', NULL),
  (110000065, 2, 'az', 'Azərbaycan dili', 'Azerbaijani', 'Азербайджанский'),
  (110000066, 2, 'en', 'İngilis dili', 'English', 'Английский'),
  (110000067, 2, 'ru', 'Rus dili', 'Russian', 'Русский'),
  (110000070, 6, NULL, 'Azərbaycanlı', 'Azerbaijani', 'Азербайджанец'),
  (110000071, 6, NULL, 'Ləzgi', NULL, NULL),
  (110000072, 6, NULL, 'Talış', NULL, NULL),
  (110000073, 6, NULL, 'Türk', 'Turk', NULL),
  (110000074, 6, NULL, 'Rus', 'Russian', 'Русский'),
  (110000080, 19, NULL, 'Subay', 'Single', NULL),
  (110000081, 19, NULL, 'Evli', 'Married', NULL),
  (110000082, 20, NULL, 'Qaçqın', NULL, NULL),
  (110000083, 20, NULL, 'Məcburi köçkün', NULL, NULL),
  (110000084, 20, NULL, 'Şəhid ailəsi üzvü', NULL, NULL),
  (110000085, 21, NULL, 'Yetim', NULL, NULL),
  (110000086, 22, NULL, 'Mükəlləfdir', NULL, NULL),
  (110000087, 22, NULL, 'Möhlət hüququ var', NULL, NULL),
  (110000090, 23, 'O+', 'I (0) Rh+', NULL, NULL),
  (110000091, 23, 'A+', 'II (A) Rh+', NULL, NULL),
  (110000092, 23, 'B+', 'III (B) Rh+', NULL, NULL),
  (110000093, 23, 'AB-', 'IV (AB) Rh−', NULL, NULL),
  (110000096, 15, 'EY', 'Əyani', 'Full-time', 'Очное'),
  (110000097, 15, 'QY', 'Qiyabi', 'Part-time', 'Заочное'),
  (110000098, 16, 'DS', 'Dövlət sifarişi', 'State order', NULL),
  (110000099, 16, 'OD', 'Ödənişli', 'Paid', NULL),
  (110000101, 17, 'B', 'Bakalavr', 'Bachelor', 'Бакалавр'),
  (110000102, 17, 'M', 'Magistr', 'Master', 'Магистр'),
  (110000103, 17, 'D', 'Doktorantura', 'PhD', NULL),
  (110000105, 18, NULL, 'DİM xətti ilə', NULL, NULL),
  (110000106, 18, NULL, 'Xarici tələbə', NULL, NULL),
  (110000111, 5, 'M', 'Mühazirə', 'Lecture', 'Лекция'),
  (110000112, 5, 'S', 'Seminar', 'Seminar', 'Семинар'),
  (110000113, 5, 'L', 'Laboratoriya', 'Laboratory', NULL),
  (110000114, 5, 'D', 'Digər', 'Other', NULL),
  (110000120, 12, NULL, 'Müəllim', 'Teacher', 'Преподаватель'),
  (110000121, 12, NULL, 'Baş müəllim', 'Senior teacher', NULL),
  (110000122, 12, NULL, 'Dosent', 'Associate professor', 'Доцент'),
  (110000123, 12, NULL, 'Professor', 'Professor', 'Профессор'),
  (110000124, 12, NULL, 'Kafedra müdiri', 'Head of department', NULL),
  (110000125, 13, NULL, 'Ştat', 'Staff', NULL),
  (110000126, 13, NULL, 'Əvəzçi', 'Part-time', NULL),
  (110000127, 13, NULL, 'Saat hesabı', 'Hourly', NULL),
  (110000128, 14, NULL, 'Professor-müəllim heyəti', NULL, NULL),
  (110000129, 14, NULL, 'İnzibati heyət', NULL, NULL),
  (110000135, 8, 'PY', 'Payız semestri', 'Autumn', 'Осень'),
  (110000136, 8, 'YZ', 'Yaz semestri', 'Spring', 'Весна'),
  (110000160, 9, 'QB', 'Qayıb', 'Absent', NULL),
  (110000161, 9, 'IE', 'İştirak edib', 'Present', NULL),
  (110000162, 9, 'QISH', NULL, NULL, NULL),
  (110000163, 9, 'EQB', NULL, NULL, NULL),
  (110000170, 11, 'U', 'Universitet', 'University', NULL),
  (110000171, 11, 'F', 'Fakültə', 'Faculty', NULL),
  (110000172, 11, 'K', 'Kafedra', 'Department', NULL),
  (110000173, 11, 'I', 'İxtisas', 'Speciality', NULL),
  (110000174, 11, 'C', 'Mərkəz', 'Center', NULL),
  (110000175, 11, 'F2', 'Fakulte', NULL, NULL),
  (110000180, 24, NULL, 'Öz ərizəsi ilə', 'At own request', NULL),
  (110000181, 24, NULL, 'Akademik borc', 'Academic debt', NULL),
  (110000182, 24, NULL, 'Təhsil haqqının ödənilməməsi', NULL, NULL),
  (110000183, 24, NULL, 'Başqa ali məktəbə keçid', NULL, NULL),
  (110000190, 25, NULL, 'Yazılı', 'Written', NULL),
  (110000191, 25, NULL, 'Şifahi', 'Oral', NULL),
  (110000192, 25, NULL, 'Test', 'Test', NULL),
  (110000193, 26, NULL, 'Təhsil alır', NULL, NULL),
  (110000194, 26, NULL, 'Məzun', NULL, NULL),
  (110000195, 26, NULL, 'Xaric olunub', NULL, NULL),
  (110000196, 27, NULL, 'Şəxsiyyət vəsiqəsi', NULL, NULL),
  (110000197, 27, NULL, 'Attestat', NULL, NULL),
  (100000197, 4, NULL, 'Göndərilib', 'Sent', NULL),
  (100000198, 4, NULL, 'Qəbul olunub', 'Accepted', NULL),
  (100000199, 4, NULL, 'İmtina', 'Refused', NULL),
  (110000376, 4, NULL, 'Sifariş', NULL, NULL),
  (110000377, 4, NULL, 'Götürülüb', NULL, NULL),
  (110000378, 4, NULL, 'Qaytarılıb', NULL, NULL),
  (110000382, 4, NULL, 'Gecikir', NULL, NULL);

-- Marks 0-10: 110000140 is "0", 110000149 is "9". Two codes have stray blanks.
INSERT INTO gen.dict
SELECT 110000140 + m, 9, CASE m WHEN 4 THEN ' 4' WHEN 7 THEN '7 ' ELSE m::text END, m::text,
       NULL, NULL
FROM generate_series(0, 10) AS m;

-- Calendar events: nine of autumn, the same nine of spring.
INSERT INTO gen.dict
SELECT 110000245 + 9 * s + k - 1, 10, NULL,
       CASE s WHEN 0 THEN 'Payız' ELSE 'Yaz' END || ' semestri: '
         || (ARRAY['ilk dərs günü', 'qeydiyyat', 'kollokvium', 'bayram günü', 'son dərs günü',
             'imtahan sessiyasının əvvəli', 'imtahan sessiyasının sonu',
             'təkrar imtahanın əvvəli', 'təkrar imtahanın sonu'])[k],
       CASE s WHEN 0 THEN 'Autumn: event ' ELSE 'Spring: event ' END || k, NULL
FROM generate_series(0, 1) AS s, generate_series(1, 9) AS k;

-- The rest of the 1,180 are subject names, shared by the catalogue: 70 names in up to 16 forms.
INSERT INTO gen.dict
SELECT 110000500 + i, 30, NULL,
       gen.pick(ARRAY['Mülki müdafiə', 'Azərbaycan tarixi', 'Marketinq', 'Mikroiqtisadiyyat',
         'Makroiqtisadiyyat', 'Ali riyaziyyat', 'Xətti cəbr', 'Ehtimal nəzəriyyəsi', 'Statistika',
         'Ekonometrika', 'Mühasibat uçotu', 'Audit', 'Maliyyə', 'Bank işi', 'Pul və kredit',
         'Menecment', 'Strateji menecment', 'Biznesin təşkili', 'Sahibkarlığın əsasları',
         'Beynəlxalq iqtisadiyyat', 'Gömrük işi', 'Vergi və vergitutma', 'Sığorta işi',
         'Mülki hüquq', 'Cinayət hüququ', 'Konstitusiya hüququ', 'İnzibati hüquq',
         'Beynəlxalq hüquq', 'Əmək hüququ', 'Fəlsəfə', 'Psixologiya', 'Sosiologiya', 'Məntiq',
         'Pedaqogika', 'Azərbaycan dili və nitq mədəniyyəti', 'Xarici dil', 'İşgüzar ingilis dili',
         'İnformatika', 'Proqramlaşdırma', 'Verilənlər bazası', 'Kompüter şəbəkələri',
         'Süni intellekt', 'Əməliyyat sistemləri', 'İnformasiya təhlükəsizliyi', 'Diskret riyaziyyat',
         'Alqoritmlər və strukturlar', 'Veb texnologiyalar', 'Turizmin əsasları',
         'Otelçilik və qonaqpərvərlik', 'Ekologiya', 'Coğrafiya', 'Politologiya',
         'Dünya iqtisadiyyatı', 'Qiymətli kağızlar bazarı', 'İnvestisiya', 'Logistika',
         'Keyfiyyətin idarə edilməsi', 'Elektron ticarət', 'Reklam işi', 'İstehlakçı davranışı',
         'Multikulturalizm', 'Etika', 'Bədii-estetik tərbiyə', 'Dövlət qulluğu', 'Qiymətləndirmə',
         'Layihələrin idarə edilməsi', 'İnsan resursları', 'Biznes etikası', 'Risklərin idarə edilməsi',
         'Kənd təsərrüfatının iqtisadiyyatı'], i)
         || (ARRAY['', '-1', ' -2', ' – 3', ' (xüsusi kurs)', ' (əsaslar)', ' II', ' III',
             ' (seçmə)', ' (ingilis dilində)', ' praktikum', ' (magistr)', '-A', ' - B', ' IV',
             ' (layihə)'])[1 + i / 70],
       CASE WHEN i % 5 = 0 THEN 'Subject ' || i END, CASE WHEN i % 9 = 0 THEN 'Предмет ' || i END
FROM generate_series(0, 1179 - (SELECT count(*)::integer FROM gen.dict)) AS i;

INSERT INTO dictionaries (id, type_id, code, order_by, name_az, name_en, name_ru, create_date,
                          create_user_id, active)
SELECT id, 100000000 + t, code, row_number() OVER (PARTITION BY t ORDER BY id), az, en, ru,
       timestamptz '2021-09-01 10:00+04', 100000000,
       CASE WHEN t = 30 AND id % 97 = 0 THEN gen.gone(id) ELSE 1 END
FROM gen.dict
ORDER BY id;

-- Years: fifteen, eleven of them active. Clocks: nine, always the same.
INSERT INTO edu_years (id, name, start_date, end_date, order_by, active)
SELECT 200000000 + y, (2012 + y) || '/' || (2013 + y), '15/09/' || (2012 + y),
       '15/06/' || (2013 + y), y,
       CASE WHEN y >= 4 THEN 1 ELSE gen.gone(y) END
FROM generate_series(0, 14) AS y
ORDER BY y;

INSERT INTO clocks (id, start_time, end_time, active) VALUES
  (300000001, '08:30', '09:50', 1), (300000002, '10:00', '11:20', 1),
  (300000003, '11:35', '12:55', 1), (300000004, '13:25', '14:45', 1),
  (300000005, '15:00', '16:20', 1), (300000006, '16:35', '17:55', 1),
  (300000007, '18:00', '19:20', 1), (300000008, '19:30', '20:50', 1),
  (300000009, '09:00', '10:20', 0);

INSERT INTO evaluation_type (id, name, points, successful_pass_percent, formula_with_cw,
                             formula_without_cw, colloquium_status, type, active) VALUES
  (241115334602618001, 'MS', 50, 17, 'a+b+c', 'a+b', 1, 1, 1),
  (241115334602618002, 'MSL', 50, 17, 'a+b+c+d', 'a+b+d', 1, 2, 1),
  (241115334602618003, 'XDS', 50, 17, 'a+c', 'a', 0, 3, 1);
