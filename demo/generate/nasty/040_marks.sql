-- Journal, marks, exams, groups, orders, calendar.

\set base 990100000000000000

-- one (course, component, student) in several rows with equal update_date; every kind of point
INSERT INTO journal (id, student_id, course_id, course_eva_id, point, active, create_date,
                     update_date)
SELECT :base + 700 + k, :base + 1 + k / 20, :base + 403, eva, point, state,
       CASE WHEN k % 3 > 0 THEN timestamptz '2025-09-10 00:00+04' + k % 2 * interval '1 day' END,
       timestamptz '2025-09-20 00:00+04'
FROM (VALUES
  (1, 241115334602618787, '675', 1), (2, 241115334602618787, '4', 1),
  (3, 241115334602618787, '3,5', 0), (4, 5, 'abc', 1), (5, 6, 'NaN', 1), (6, 7, '1e3', 1),
  (7, 8, '9.33', 1), (8, 9, '10', 1), (9, 10, '-', 1), (10, 11, '', 1), (11, 12, NULL, 1),
  (12, 13, ' 5.50 ', 1), (13, NULL, '7', 1), (14, NULL, '8', 0), (15, 0, '-0', 1),
  (16, 14, '5.005', 1), (17, 15, '0.0005', 1), (18, 16, '+.5', 1), (19, 17, '99999', 1),
  (20, 241115334602618787, '6', 2), (21, 241115334602618787, '6', NULL)
) AS v (k, eva, point, state)
ORDER BY k;
INSERT INTO journal (id, student_id, course_id, course_eva_id, point, active) VALUES
  (:base + 731, NULL, :base + 403, 5, '1', 1), (:base + 732, :base + 1, NULL, 5, '1', 1),
  (:base + 733, :base + 99991, :base + 403, 5, '1', 1), (:base + 734, :base + 1, :base + 99992, 5, '1', 1),
  (:base + 735, :base + 1, :base + 411, 5, '1', 1);

-- three slots of one detail, codes that are no marks, ids that are in no dictionary, orphans
INSERT INTO journal_details (id, journal_id, course_meeting_id, point_id_1, status_1, note_1,
  point_id_2, status_2, note_2, point_id_3, status_3, note_3, create_date, update_date,
  update_user_id, active) VALUES
  (:base + 751, :base + 701, :base + 602, 110000160, 1, ' gecikib ', 110000161, 0, E'a\\b"c"\n', 110000162,
   -1, U&'\200F', '2025-09-11 00:00+04', '2025-09-20 00:00+04', :base + 103, 1),
  (:base + 752, :base + 701, :base + 603, 119900001, NULL, NULL, 119900002, NULL, NULL, 119900003, NULL,
   NULL, NULL, '2025-09-20 00:00+04', :base + 99995, 1),
  (:base + 753, :base + 701, :base + 604, 119900004, NULL, NULL, 119900005, NULL, NULL, 119999999, NULL,
   NULL, NULL, NULL, NULL, 1),
  (:base + 754, :base + 702, NULL, 119900006, NULL, '', 119900007, NULL, NULL, 119900008, NULL, NULL,
   NULL, NULL, NULL, 1),
  (:base + 755, :base + 703, :base + 602, 110000149, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, 1),
  (:base + 756, :base + 99996, :base + 602, 110000149, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, 1),
  (:base + 757, NULL, NULL, 110000149, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, 1),
  (:base + 758, :base + 701, :base + 99997, NULL, 5, 'yalnız qeyd', 0, NULL, NULL, -1, NULL, NULL,
   NULL, NULL, NULL, 0);

INSERT INTO exam (id, course_id, start_date, start_time, duration, passing_grade, create_date,
                  active) VALUES
  (:base + 801, :base + 403, '30/02/2001', '25:00', -1, 1000, NULL, 1),
  (:base + 802, :base + 403, '18/01/2024', '9:00', 0, NULL, '2025-09-01 00:00+04', 0),
  (:base + 803, :base + 99992, '18/01/2024', '', 60, 51, NULL, 1), (:base + 804, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO exam_student (id, exam_id, student_id, finish_status, grade, create_date, active) VALUES
  (:base + 815, :base + 801, :base + 1, 2, '45', '2025-09-02 00:00+04', 1),
  (:base + 811, :base + 801, :base + 1, 1, NULL, '2025-09-03 00:00+04', 1),
  (:base + 813, :base + 801, :base + 1, 3, '3,5', NULL, 0),
  (:base + 812, :base + 801, :base + 2, 9, 'abc', NULL, 1), (:base + 814, :base + 801, :base + 3, NULL, '1e3', NULL, 1),
  (:base + 816, :base + 802, :base + 1, 2, 'NaN', NULL, 1), (:base + 817, :base + 803, :base + 1, 2, '50', NULL, 1),
  (:base + 818, :base + 801, :base + 99991, 2, '50', NULL, 1), (:base + 819, NULL, NULL, 2, '50', NULL, 1);

-- equal names of groups, one like a fallback; serials equal, too long, like a fallback
INSERT INTO education_group (id, name, organization_id, education_year_id, tyutor_id, create_date,
                             active) VALUES
  (:base + 821, 'N-1', :base + 201, 200000011, :base + 121, NULL, 1), (:base + 822, 'N-1', NULL, 200009903, NULL, NULL, 1),
  (:base + 823, 'N-1#' || :base + 822, NULL, NULL, :base + 99998, NULL, 1), (:base + 824, NULL, NULL, NULL, NULL, NULL, 1),
  (:base + 825, ' N-1 ', NULL, NULL, NULL, NULL, 0);
INSERT INTO education_group_student (id, education_group_id, student_id, create_date, active) VALUES
  (:base + 831, :base + 821, :base + 1, NULL, 0), (:base + 832, :base + 821, :base + 1, '2025-09-01 23:59+04', 1),
  (:base + 833, :base + 821, :base + 99991, NULL, 1), (:base + 834, :base + 99999, :base + 1, NULL, 1);
INSERT INTO orders (id, type_id, serial, order_date, status, active, create_date) VALUES
  (:base + 841, 110000035, 'N/1', '30/02/2001', 110000058, 1, '2025-09-01 00:00+04'),
  (:base + 842, 110000036, ' N/1 ', '2001-02-03', 110000059, 1, '2025-09-01 00:00+04'),
  (:base + 843, 119999999, U&'N/1\00A0', '1/1/01', 110000060, 0, NULL),
  (:base + 844, NULL, repeat('Ə', 101), NULL, 119999999, 1, NULL),
  (:base + 845, NULL, 'ORDER-' || :base + 846, NULL, NULL, 1, NULL), (:base + 846, NULL, NULL, NULL, NULL, 1, NULL),
  (:base + 847, NULL, 'N/1#' || :base + 842, NULL, NULL, NULL, NULL);
INSERT INTO person_orders (id, person_id, order_id, student_id, reason_id, active) VALUES
  (:base + 851, :base + 1, :base + 841, :base + 1, 119900005, 1), (:base + 852, :base + 99999, :base + 842, :base + 99991, 119999999, 1),
  (:base + 853, NULL, :base + 99999, NULL, NULL, 1), (:base + 854, :base + 1, NULL, :base + 1, NULL, NULL);
INSERT INTO academic_schedule (id, education_year_id, active) VALUES
  (210009901, 200009903, 1), (210009902, 200009901, 1);
INSERT INTO academic_schedule_details (id, academic_schedule_id, type_id, start_date, end_date,
                                       active) VALUES
  (:base + 861, 210009901, 110000245, '15/09/2024', '01/09/2024', 1),
  (:base + 862, 210009902, 110000245, '30/02/2001', '2024-02-03', 1),
  (:base + 863, 210009902, 110000249, '2023-12-30', NULL, 1), (:base + 864, 210009902, 119999999, '1/1/01', '', 1),
  (:base + 865, NULL, NULL, NULL, NULL, 1);
