-- The lines of the check, as sums of leaves: section 7 (counts), section 8 (facts), section 8.1.

CREATE TEMP TABLE demo_line (
  ord integer GENERATED ALWAYS AS IDENTITY, ref text, line text, keys text,
  relation text DEFAULT '=', share integer DEFAULT 1, plus bigint DEFAULT 0
);

INSERT INTO demo_line (ref, line, keys) VALUES
  -- section 7, total and active
  ('7', 'users', 'first_student + first_student_inactive + first_teacher + first_teacher_inactive
     + first_admin + second_student + second_student_inactive + second_teacher
     + second_teacher_inactive + second_admin'),
  ('7', 'users active', 'first_student + first_student_inactive + first_teacher
     + first_teacher_inactive + first_admin + second_student + second_student_inactive
     + second_teacher + second_teacher_inactive + second_admin - user_inactive'),
  ('7', 'accounts', 'first_student + first_student_inactive + first_teacher
     + first_teacher_inactive + first_admin + person_without_user + second_account'),
  ('7', 'accounts active', 'first_student + first_student_inactive + first_teacher
     + first_teacher_inactive + first_admin + person_without_user + second_account
     - account_inactive'),
  ('7', 'persons', 'first_student + first_student_inactive + first_teacher
     + first_teacher_inactive + first_admin + person_without_user'),
  ('7', 'persons active', 'first_student + first_student_inactive + first_teacher
     + first_teacher_inactive + first_admin + person_without_user - person_inactive'),
  ('7', 'students', 'first_student + first_student_inactive + second_student
     + second_student_inactive'),
  ('7', 'teachers', 'first_teacher + first_teacher_inactive + second_teacher
     + second_teacher_inactive'),
  ('7', 'subject_catalog', 'subject_active + subject_inactive'),
  ('7', 'education_plan', 'plan_active + plan_inactive'),
  ('7', 'education_plan active', 'plan_active'),
  ('7', 'education_plan_subject', 'plan_subject'),
  ('7', 'education_group', 'group_active + group_inactive'),
  ('7', 'education_group active', 'group_active'),
  ('7', 'education_group_student', 'first_student + first_student_inactive + second_student
     + second_student_inactive + member_extra'),
  ('7', 'education_group_student active', 'first_student + first_student_inactive
     + second_student + second_student_inactive + member_extra - member_inactive'),
  ('7', 'course', 'course_chain + course_nochain + course_dead_journal + course_dead_nochain
     + course_dead_detail + course_dead_rest'),
  ('7', 'course_teacher', 'course_chain + course_nochain + course_second_row + course_third_row
     + course_teacher_dead + course_teacher_replaced'),
  ('7', 'course_teacher active', 'course_chain + course_nochain + course_second_row
     + course_third_row'),
  ('7', 'course_student', 'pair_shared + pair_enrolled_only + pair_enrolled_twice + lost_shared
     + lost_enrolled_only + nochain_pair + nochain_enrolled_only + dead_pair + removed_pair
     + enrolled_again + enrolled_once'),
  ('7', 'course_meeting', 'meeting_clock + meeting_no_clock + meeting_no_course
     + 7 * course_dead_detail + 5 * course_nochain + 5 * course_dead_nochain + meeting_removed'),
  ('7', 'course_meeting_topic', 'topic'),
  ('7', 'course_meeting_topic_file', 'topic_file_active + topic_file_inactive'),
  ('7', 'course_meeting_topic_file active', 'topic_file_active'),
  ('7', 'files', 'files'),
  ('7', 'journal', '5 * pair_shared + 5 * pair_journal_only + pair_six_rows + 5 * lost_shared
     + 5 * lost_journal_only + 5 * nochain_pair + nochain_six_rows + 5 * dead_pair
     + 5 * removed_pair + removed_six_rows'),
  ('7', 'journal active', '5 * pair_shared + 5 * pair_journal_only + pair_six_rows
     + 5 * lost_shared + 5 * lost_journal_only + 5 * nochain_pair + nochain_six_rows'),
  ('7', 'journal_details', 'detail_loaded + 10 * detail_removed_rows + detail_lost + detail_dead
     + 16 * removed_pair - 8 * detail_removed_rows + 10 * nochain_pair + detail_inactive'),
  ('7', 'exam', 'exam_course + exam_no_course + exam_inactive'),
  ('7', 'exam active', 'exam_course + exam_no_course'),
  ('7', 'exam_student', 'exam_row_loaded + exam_row_again + exam_row_lost + exam_row_no_course
     + exam_row_no_course_lost + exam_row_inactive'),
  ('7', 'orders', 'serial + serial_repeat + order_inactive'),
  ('7', 'person_orders', 'assignment_kept + assignment_repeat + assignment_inactive'),
  ('7', 'person_orders active', 'assignment_kept + assignment_repeat'),
  ('7', 'academic_schedule_details', 'event_good + event_old_year + event_no_year
     + event_other_type + event_bad_date + event_inactive'),
  ('7', 'academic_schedule_details active', 'event_good + event_old_year + event_no_year
     + event_other_type + event_bad_date'),
  ('7', 'course_execises', 'execise'),
  ('7', 'course_execises_student', 'execise_student'),
  ('7', 'student_transcript', 'transcript_course + transcript_other'),
  -- section 8
  ('Q1', 'user rows beyond the first of their account', 'second_student + second_student_inactive
     + second_teacher + second_teacher_inactive + second_admin'),
  ('Q2', 'accounts without any user row', 'person_without_user + second_account'),
  ('Q3', 'persons without any user row', 'person_without_user'),
  ('Q4', 'duplicate or invalid e-mails', 'email_no_at + email_no_dot + email_empty
     + email_repeated_exact + email_repeated_case'),
  ('Q5', 'passwords: bcrypt', 'password_bcrypt'),
  ('Q5', 'passwords: NULL or empty', 'password_empty'),
  ('Q5', 'passwords: not decodable', 'password_garbage'),
  ('Q6', 'birthdates missing', 'birthdate_missing'),
  ('Q6', 'birthdates ISO', 'birthdate_iso'),
  ('Q6', 'birthdates unparseable', 'birthdate_garbage'),
  ('Q7', 'persons with a NULL first or last name', 'name_null'),
  ('Q9', 'card numbers held by two active students', 'card_pairs'),
  ('Q10', 'scores up to 4', 'score_upto_4'),
  ('Q10', 'scores above 4 up to 100', 'score_upto_100'),
  ('Q10', 'scores not numeric', 'score_text'),
  ('Q10', 'scores NULL', 'score_null'),
  ('Q13', 'active course_student rows, student not loaded', 'lost_shared + lost_enrolled_only'),
  ('Q14', 'active course_student rows, course without offering',
     'nochain_pair + nochain_enrolled_only'),
  ('Q15', 'exact duplicate active (course, student) rows', 'pair_enrolled_twice'),
  ('Q16', 'active journal rows without loaded student', '5 * lost_shared + 5 * lost_journal_only'),
  ('Q16', 'active journal rows without offering', '5 * nochain_pair + nochain_six_rows'),
  ('Q17', 'mappable active journal rows', '5 * pair_shared + 5 * pair_journal_only
     + pair_six_rows'),
  ('Q17', 'of these beyond the first of their (course, student)', '4 * pair_shared
     + 4 * pair_journal_only + pair_six_rows'),
  ('Q19', 'active details without assessment', 'detail_dead'),
  ('Q19', 'active details without loaded student', 'detail_lost'),
  ('Q20', '(assessment, student) pairs having details', '2 * pair_shared + 2 * pair_journal_only
     + pair_six_details + detail_removed_rows'),
  ('Q21', 'active details of inactive journal rows', 'detail_dead + 10 * detail_removed_rows'),
  ('Q22', 'active exams without course', 'exam_no_course'),
  ('Q22', 'active exam_student rows of these', 'exam_row_no_course + exam_row_no_course_lost'),
  ('Q22', 'distinct students behind exam rows not loaded', 'exam_pool_lost'),
  ('Q23', 'active meetings without course', 'meeting_no_course'),
  ('Q23', 'active meetings without clock', 'meeting_no_clock'),
  ('Q25', 'weekly slots of merged sections', '3 * section - section_two_slots'),
  ('Q26', 'distinct (subject, first 20 of code), active courses', 'section'),
  ('Q28', 'active courses without chain or repeating the last 20',
     'course_nochain + course_code_repeat'),
  ('Q29', 'assignments of orders whose serial a newer one has', 'assignment_repeat'),
  ('Q30', 'active calendar events the one-shot skipped', 'event_old_year + event_no_year
     + event_other_type + event_bad_date'),
  ('Q32', 'inactive courses with active journal rows', 'course_dead_journal'),
  ('Q34', 'distinct (section, teacher) pairs', 'section + section_second_teacher'),
  ('Q35', 'students enrolled, active, on a later user row', 'second_student'),
  ('4.4', 'distinct students with enrolments', 'pool_loaded + pool_enrolled_only
     + second_student + pool_inactive'),
  ('4.4', 'distinct students with journal rows', 'pool_loaded + second_student + pool_inactive'),
  ('4.4', 'distinct students with exam rows', 'exam_pool_loaded + exam_pool_lost'),
  ('4.5', 'distinct teachers in course_teacher', 'instructor_person + instructor_second'),
  ('4.5', 'teachers of the largest unit', 'teacher_largest_unit'),
  ('4.15', 'distinct rooms', 'rooms'),
  ('4.24', 'transcripts of type COURSE', 'transcript_course'),
  -- section 8.1
  ('8.1', 'distinct usernames over users and accounts', 'first_student + first_student_inactive
     + first_teacher + first_teacher_inactive + first_admin'),
  ('8.1', 'students active with user_id', 'first_student + second_student'),
  ('8.1', 'active students on a later user row', 'second_student'),
  ('8.1', 'teachers active', 'first_teacher + second_teacher'),
  ('8.1', 'active teachers on a later user row', 'second_teacher'),
  ('8.1', 'course active', 'course_chain + course_nochain'),
  ('8.1', 'courses with active journal rows', 'course_chain + course_nochain
     + course_dead_journal'),
  ('8.1', 'active journal groups (course, eva)', '10 * course_chain + 10 * course_nochain
     + 10 * course_dead_journal + group_null_eva'),
  ('8.1', 'journal_details active', 'detail_loaded + 10 * detail_removed_rows + detail_lost
     + detail_dead'),
  ('8.1', 'journal_details active, mappable', 'detail_loaded + 10 * detail_removed_rows'),
  ('8.1', 'course_student active', 'pair_shared + pair_enrolled_only + pair_enrolled_twice
     + lost_shared + lost_enrolled_only + nochain_pair + nochain_enrolled_only'),
  ('8.1', 'course_student active, mappable', 'pair_shared + pair_enrolled_only
     + pair_enrolled_twice'),
  ('8.1', 'exam_student active', 'exam_row_loaded + exam_row_again + exam_row_lost
     + exam_row_no_course + exam_row_no_course_lost'),
  ('8.1', 'exam_student active, loaded students', 'exam_row_loaded + exam_row_again
     + exam_row_no_course'),
  ('8.1', 'exam_student active, students not loaded', 'exam_row_lost + exam_row_no_course_lost'),
  ('8.1', 'course_meeting active', 'meeting_clock + meeting_no_clock + meeting_no_course'),
  ('8.1', 'course_meeting active, mappable', 'meeting_clock'),
  ('8.1', 'orders active', 'serial + serial_repeat'),
  ('8.1', 'distinct serials of active orders', 'serial'),
  ('8.1', 'subject_catalog active', 'subject_active'),
  ('8.1', 'subject_catalog active, distinct id % 100000', 'subject_active');

-- Unscaled facts, and lower bounds where only the kind of a fact is known: found must be at least
-- (sum of the leaves) / share + plus.
INSERT INTO demo_line (ref, line, relation, keys, share, plus) VALUES
  ('7', 'organizations', '=', '', 1, 60), ('7', 'organizations active', '=', '', 1, 56),
  ('7', 'dictionaries', '=', '', 1, 1180), ('7', 'dictionary_types', '=', '', 1, 83),
  ('7', 'edu_years', '=', '', 1, 15), ('7', 'edu_years active', '=', '', 1, 11),
  ('4.15', 'clocks', '=', '', 1, 9),
  ('8.1', 'users that do not resolve to account and person', '=', '', 1, 0),
  ('8.1', 'students.user_id held twice', '=', '', 1, 0),
  ('8.1', 'teachers.user_id held twice', '=', '', 1, 0),
  ('8.1', 'active journal_details without journal row', '=', '', 1, 0),
  ('Q8', 'persons with gender 110000003 or 110000004', '>=',
   'first_student + first_student_inactive', 2, 0),
  ('Q10', 'scores above 100', '>=', 'first_student + second_student', 2, 0),
  ('Q11', 'organizations with dangling parent', '>=', '', 1, 1),
  ('Q12', 'organizations named outside dictionaries', '>=', '', 1, 55),
  ('Q24', 'meetings on day 7', '>=', '', 1, 2),
  ('Q24', 'meetings on a day outside 0-7', '=', '', 1, 0),
  ('Q27', 'course codes with stray blank, dash or non-ASCII letter', '>=', 'course_chain', 3, 0),
  ('Q31', 'active courses whose student_count is not the enrolment', '>=', 'course_chain', 2, 0),
  ('Q33', 'tables of the core with active IS NULL', '>=', '', 1, 10),
  ('2', 'students whose id has 18 digits', '>=', 'first_student', 2, 0),
  ('2', 'journal rows whose id has 19 digits', '>=', '', 1, 2),
  ('2', 'journal rows whose id has day 00', '>=', '', 1, 2),
  ('2', 'course_student ids made by MAX+1', '>=', '', 1, 2),
  ('3', 'accounts whose default_user_id is another row than the first', '>=', '', 1, 2);

-- 13 units, unless there are fewer teachers outside the largest.
INSERT INTO demo_line (ref, line, keys, plus)
SELECT '4.5', 'distinct units of teachers', '', least(u.n, rest.n + 1)
FROM (SELECT n FROM demo_leaf WHERE key = 'teacher_units') AS u,
     (SELECT sum(CASE key WHEN 'teacher_largest_unit' THEN -n ELSE n END)::bigint AS n
      FROM demo_leaf
      WHERE key IN ('first_teacher', 'first_teacher_inactive', 'second_teacher',
                    'second_teacher_inactive', 'teacher_largest_unit')) AS rest;

-- A sum is a list of signed keys with factors; a key that does not exist divides by zero here.
INSERT INTO demo_expected (ref, line, relation, expected)
SELECT ref, line, relation,
       coalesce((SELECT sum(CASE t[1] WHEN '-' THEN -1 ELSE 1 END * coalesce(t[2]::bigint, 1)
                            * coalesce(k.n, 1 / (k.n IS NOT NULL)::integer))
                 FROM regexp_matches(keys, '([+-])?\s*(?:(\d+)\s*\*\s*)?([a-z]\w*)', 'g') AS t
                 LEFT JOIN demo_leaf k ON k.key = t[3]), 0)::bigint / share + plus
FROM demo_line
ORDER BY ord;
