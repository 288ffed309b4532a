-- Subjects, courses and what hangs on them.

\set base 990100000000000000

-- equal id % 100000, two of them with an existing subject; names and credits that do not resolve
INSERT INTO subject_catalog (id, subject_name_id, organization_id, note, active)
SELECT :base + 1100000 * g + id % 100000, CASE g WHEN 1 THEN 119999999 WHEN 2 THEN 119900005 END,
       CASE g WHEN 1 THEN :base + 206 WHEN 2 THEN :base + 33333 END, 'toqquşma', g
FROM (SELECT id FROM subject_catalog ORDER BY id LIMIT 1) AS s, generate_series(1, 3) AS g;
INSERT INTO subject_catalog (id, subject_name_id, active) VALUES
  (:base + 301, 119900003, 1), (:base + 302, 600000001, 0);

INSERT INTO education_plan_subject (id, subject_id, code, credit, m_hours, active) VALUES
  (:base + 311, :base + 301, 'N-1', '6,0', '30', 1), (:base + 312, :base + 301, 'N-1', 'abc', '-5', 1),
  (:base + 313, :base + 301, 'N-1', '-3', '1e1', 1), (:base + 314, :base + 301, 'N-1', '5', NULL, 0),
  (:base + 315, :base + 302, 'N-2', '0', '30.5', 1), (:base + 316, :base + 22222, 'N-3', '4', '', 1),
  (:base + 317, NULL, NULL, NULL, NULL, NULL);

-- years: a name twice, names that are none
INSERT INTO edu_years (id, name, start_date, end_date, active) VALUES
  (200009901, '2023/2024', NULL, NULL, 1), (200009902, ' 2023-2024 ', NULL, NULL, 0),
  (200009903, '2024', NULL, NULL, 1), (200009904, NULL, NULL, NULL, 1),
  (200009905, '2099/2100', NULL, NULL, 1);

-- codes: NULL, empty, three times the same, shaped like a fallback, longer than the one-shot's cut
INSERT INTO course (id, code, education_plan_subject_id, semester_id, education_year_id,
                    education_lang_id, student_count, start_date, close_status, create_date,
                    active)
SELECT :base + 400 + k, code, :base + eps, semester, year, lang, seats, start, closed,
       CASE WHEN k % 2 = 0 THEN timestamptz '2025-08-15 00:00+04' END, state
FROM (VALUES
  (1, NULL, 311, 110000135, 200000011, 110000065, NULL, '30/02/2001', 0, 1),
  (2, '', 311, 110000135, 200000011, 3, -1, '2001-02-03', 1, 1),
  (3, '2023/2024_PY_N-1_A', 311, 110000135, 200000011, 2, 32767, '1/1/01', 2, 1),
  (4, ' 2023/2024_PY_N-1_A ', 312, 110000135, 200000011, 110000066, 0, NULL, NULL, 1),
  (5, '2023/2024_PY_N-1_A', 313, 110000135, 200009902, NULL, 1, NULL, 0, 0),
  (6, '2023/2024_PY_N-1_A#990100000000000404', 311, 110000135, 200000011, 119999999, 1, NULL, 0, 1),
  (7, 'C990100000000000401', 311, 110000135, 200000011, 110000065, 1, NULL, 0, 1),
  (8, '2023/2024_YZ_N-1_B', 311, NULL, NULL, 110000065, 1, NULL, 0, 1),
  (9, '2023/2024_YZ_N-1_C', 311, 110000135, 200009903, 110000065, 1, NULL, 0, 1),
  (10, '2023/2025_XX_N-1', 311, 119999999, 200009999, 110000065, 1, NULL, 0, 1),
  (11, 'kodsuz', 316, 110000136, 200000011, 110000065, 1, NULL, 0, 1),
  (12, '2023/2024_YZ_N-1_D', 317, 110000136, 200000011, 110000065, 1, NULL, 0, 1),
  (13, '2023/2024_YZ_N-1_E', 88888, 110000136, 200009904, 110000065, 1, NULL, 0, NULL),
  (14, repeat('2023/2024_YZ_Ə ', 40), 315, 110000136, 200009905, 110000067, 1, NULL, 0, 2)
) AS v (k, code, eps, semester, year, lang, seats, start, closed, state)
ORDER BY k;

INSERT INTO course_teacher (id, course_id, teacher_id, lesson_type_id, create_date, active) VALUES
  (:base + 501, :base + 403, :base + 121, 110000112, '2025-08-16 00:00+04', 1),
  (:base + 502, :base + 403, :base + 122, 110000111, '2025-08-15 00:00+04', 1),
  (:base + 503, :base + 403, :base + 121, 1, NULL, 0),
  (:base + 504, :base + 403, :base + 123, 110000113, NULL, 1),
  (:base + 505, :base + 403, :base + 124, NULL, NULL, 1),
  (:base + 506, :base + 11111, :base + 121, 110000111, NULL, 1),
  (:base + 507, NULL, NULL, NULL, NULL, NULL);

-- five rows of one pair in all states; unknown student; unknown course; NULLs
INSERT INTO course_student (id, course_id, student_id, create_date, update_date, active) VALUES
  (:base + 511, :base + 403, :base + 1, '2025-08-20 00:00+04', NULL, 0),
  (:base + 512, :base + 403, :base + 1, '2025-08-19 00:00+04', '2025-09-01 00:00+04', NULL),
  (:base + 513, :base + 403, :base + 1, NULL, '2025-09-02 00:00+04', 1),
  (:base + 514, :base + 403, :base + 1, '2025-08-18 00:00+04', NULL, 2),
  (:base + 515, :base + 403, :base + 1, '2025-08-18 00:00+04', NULL, -1),
  (:base + 516, :base + 403, :base + 99991, '2025-08-18 00:00+04', NULL, 1),
  (:base + 517, :base + 99992, :base + 1, '2025-08-18 00:00+04', NULL, 1),
  (:base + 518, NULL, :base + 1, NULL, NULL, 1), (:base + 519, :base + 403, NULL, NULL, NULL, 1);

-- clocks and sessions: days -1 to 9, times that are none, one room twice at the same time
INSERT INTO clocks (id, start_time, end_time, active) VALUES
  (300009901, '8:30', '9:50', 1), (300009902, '25:00', '26:00', 1), (300009903, '14:45', '13:25', 1),
  (300009904, '', NULL, NULL), (300009905, U&'\00A008:30:00\00A0', '09:50 ', 1);
INSERT INTO course_meeting (id, course_id, clock_id, room_id, week_day, meeting_date,
                            lesson_type_id, active)
SELECT :base + 600 + g, :base + 403 + g % 3, CASE WHEN g % 2 = 0 THEN 300000001 ELSE 300009900 + g / 2 END,
       CASE WHEN g % 5 = 0 THEN NULL ELSE 230100000000000001 END, g - 1,
       (ARRAY['30/02/2001', NULL, '2023-09-18', '1/1/01', '18/09/2023', ''])[1 + g % 6],
       110000111 + g % 5, CASE WHEN g = 7 THEN NULL ELSE 1 END
FROM generate_series(0, 10) AS g;
INSERT INTO course_meeting_topic (id, course_meeting_id, active) VALUES
  (:base + 621, :base + 601, 1), (:base + 622, :base + 99993, 1), (:base + 623, NULL, 1);
INSERT INTO course_meeting_topic_file (id, course_meeting_topic_id, file_id, active) VALUES
  (:base + 631, :base + 621, :base + 641, 1), (:base + 632, :base + 622, :base + 641, 1),
  (:base + 633, :base + 621, :base + 99994, 1), (:base + 634, NULL, NULL, NULL);
INSERT INTO files (id, name, path, content_type, file_size) VALUES
  (:base + 641, E'mühazirə\t№ 1\\.pdf', '/f/1', 'video/mp4; charset=x', -1);
