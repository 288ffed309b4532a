-- Just enough rows for the simulator's own test; the generator makes the real ones.
INSERT INTO dictionaries (id, code, name_az, active)
SELECT 110000000 + i, CASE WHEN i % 3 = 0 THEN 'QB' ELSE (i % 11)::text END, 'Ad ' || i, 1
FROM generate_series(1, 60) i;
INSERT INTO organizations (id, parent_id, nod_level, active)
SELECT 100000000 + i, CASE WHEN i > 0 THEN 100000000 + (i - 1) / 4 END,
       CASE WHEN i = 0 THEN 1 WHEN i < 5 THEN 2 ELSE 3 END, 1
FROM generate_series(0, 20) i;
INSERT INTO persons (id, firstname, lastname, birthdate, active)
SELECT 220101000000000000 + i, 'AYSEL', 'ƏLİYEVA', '15/09/2001', 1 FROM generate_series(1, 200) i;
INSERT INTO accounts (id, person_id, username, password, email, active)
SELECT 220101000000000000 + i, 220101000000000000 + i, 'user' || i, 'c2VjcmV0MTI=',
       'u' || i || '@bbu.edu.az', 1
FROM generate_series(1, 200) i;
INSERT INTO users (id, account_id, is_blocked, user_type, active)
SELECT 220101000000000000 + i, 220101000000000000 + i, 0, 'STUDENT', 1
FROM generate_series(1, 200) i;
INSERT INTO students (id, person_id, user_id, score, active)
SELECT 220101000000000000 + i, 220101000000000000 + i, 220101000000000000 + i, '675', 1
FROM generate_series(1, 160) i;
INSERT INTO teachers (id, person_id, user_id, position_id, active)
SELECT 220101000000000000 + i, 220101000000000000 + i, 220101000000000000 + i, 110000050 + i % 5, 1
FROM generate_series(161, 200) i;
INSERT INTO subject_catalog (id, subject_name_id, active)
SELECT 220101000000000000 + i, 110000000 + i, 1 FROM generate_series(1, 40) i;
INSERT INTO education_plan_subject (id, subject_id, active)
SELECT 220101000000000000 + i, 220101000000000000 + i % 40 + 1, 1 FROM generate_series(1, 80) i;
INSERT INTO education_group (id, name, active)
SELECT 220101000000000000 + i, i || '-s', 1 FROM generate_series(1, 10) i;
INSERT INTO education_group_student (id, education_group_id, student_id, active)
SELECT 220101000000000000 + i, 220101000000000000 + i % 10 + 1, 220101000000000000 + i, 1
FROM generate_series(1, 160) i;
INSERT INTO course (id, code, education_plan_subject_id, active)
SELECT 220101000000000000 + i, '2024/2025_PY_HF-B03.1_' || i, 220101000000000000 + i % 80 + 1,
       CASE WHEN i % 4 = 0 THEN 0 ELSE 1 END
FROM generate_series(1, 120) i;
-- The largest id has 19 digits, so MAX(id)+1 continues after it.
INSERT INTO course_student (id, course_id, student_id, active)
SELECT 2202230719043010000 + c * 100 + s, 220101000000000000 + c,
       220101000000000000 + (c * 7 + s) % 160 + 1, CASE WHEN s % 6 = 0 THEN 0 ELSE 1 END
FROM generate_series(1, 120) c, generate_series(1, 18) s;
INSERT INTO course_teacher (id, course_id, teacher_id, lesson_type_id, active)
SELECT 220101000000000000 + c * 10 + t, 220101000000000000 + c,
       220101000000000000 + 161 + (c * 3 + t) % 40, 110000111, 1
FROM generate_series(1, 120) c, generate_series(1, 2) t;
INSERT INTO clocks (id, start_time, end_time, active)
SELECT i, '08:30', '09:50', 1 FROM generate_series(1, 4) i;
INSERT INTO course_meeting (id, course_id, clock_id, room_id, week_day, meeting_date, active)
SELECT 220101000000000000 + i, 220101000000000000 + i, 1, 1, 1, '16/09/2024', 1
FROM generate_series(1, 120) i;
INSERT INTO journal (id, student_id, course_id, course_eva_id, active)
SELECT 220101000000000000 + c * 1000 + e * 100 + s, 220101000000000000 + (c * 7 + s) % 160 + 1,
       220101000000000000 + c, 241115334602618780 + e, 1
FROM generate_series(1, 120) c, generate_series(1, 3) e, generate_series(1, 20) s;
INSERT INTO journal_details (id, journal_id, course_meeting_id, point_id_1, status_1, active)
SELECT id, id, course_id, 110000001 + id % 60, 1, 1 FROM journal WHERE id % 3 = 0;
INSERT INTO exam (id, course_id, active)
SELECT 220101000000000000 + i, 220101000000000000 + i, 1 FROM generate_series(1, 40) i;
INSERT INTO exam_student (id, exam_id, student_id, active)
SELECT 220101000000000000 + e * 100 + s, 220101000000000000 + e, 220101000000000000 + s, 1
FROM generate_series(1, 40) e, generate_series(1, 15) s;
INSERT INTO academic_schedule_details (id, academic_schedule_id, type_id, start_date, active)
SELECT 220101000000000000 + i, 1, 110000245 + i % 18, '15/09/2024', 1
FROM generate_series(1, 40) i;
