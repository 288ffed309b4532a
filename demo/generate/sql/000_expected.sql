-- The one place where numbers are made: what the data set must hold at a scale. Needs psql's
-- variable `scale`. The generator works by demo_leaf, the check compares demo_expected with what it
-- counts in the data itself. Both tables are temporary: nothing of this stays in the database.
--
-- Only the smallest facts are scaled (demo_leaf), at least 2 of each; every total is the sum of
-- its parts, so that all identities hold at every scale and a total may differ from
-- `total * scale` by the rounding of its parts. At scale 1 the parts sum to the published figures.

CREATE TEMP TABLE demo_leaf (key text PRIMARY KEY, full_scale bigint NOT NULL, n bigint NOT NULL);

INSERT INTO demo_leaf
SELECT key, full_scale,
       CASE WHEN scales
            THEN greatest(round(full_scale * :scale::numeric), least(full_scale, 2))
            ELSE full_scale END
FROM (VALUES
  -- user rows: the first of an account, then the second, by what hangs on them
  ('first_student', 5944, true), ('first_student_inactive', 133, true),
  ('first_teacher', 350, true), ('first_teacher_inactive', 32, true), ('first_admin', 12, true),
  ('second_student', 400, true), ('second_student_of_inactive', 100, true),
  ('second_student_inactive', 30, true),
  ('second_teacher', 74, true), ('second_teacher_of_teacher', 30, true),
  ('second_teacher_inactive', 8, true), ('second_admin', 4, true),
  ('person_without_user', 52, true), ('second_account', 2, true),
  ('account_inactive', 59, true), ('user_inactive', 52, true), ('person_inactive', 54, true),
  -- values of people
  ('email_no_at', 30, true), ('email_no_dot', 24, true), ('email_empty', 30, true),
  ('email_repeated_exact', 10, true), ('email_repeated_case', 20, true),
  ('password_bcrypt', 20, true), ('password_empty', 33, true), ('password_garbage', 13, true),
  ('birthdate_missing', 196, true), ('birthdate_iso', 65, true), ('birthdate_garbage', 33, true),
  ('name_null', 2, true),
  ('gender_legacy', 2283, true), ('gender_null', 326, true),
  ('card_pairs', 4, true), ('score_null', 400, true), ('score_text', 60, true),
  ('score_upto_4', 150, true), ('score_upto_100', 1000, true),
  ('teacher_left', 160, true), ('teacher_not_teaching', 100, true),
  ('teacher_largest_unit', 71, true), ('teacher_units', 13, false),
  -- subjects and plans
  ('subject_active', 883, true), ('subject_inactive', 12, true), ('subject_dic', 45, true),
  ('plan_active', 123, true), ('plan_inactive', 18, true), ('plan_subject', 3006, true),
  -- courses: sections share (subject, first 20 characters of code)
  ('section', 1581, true), ('course_chain', 5980, true), ('course_nochain', 40, true),
  ('course_code_repeat', 14, true),
  ('course_dead_journal', 44, true), ('course_dead_nochain', 120, true),
  ('course_dead_detail', 1200, true), ('course_dead_rest', 1007, true),
  -- course_teacher
  ('instructor_person', 300, true), ('instructor_second', 24, true),
  ('section_second_teacher', 562, true), ('course_second_row', 5500, true),
  ('course_third_row', 173, true), ('course_teacher_dead', 1600, true),
  ('course_teacher_replaced', 312, true),
  -- students that study, and (course, student) pairs
  ('pool_loaded', 5137, true), ('pool_enrolled_only', 2, true), ('pool_inactive', 60, true),
  ('pair_shared', 93000, true), ('pair_journal_only', 4138, true),
  ('pair_enrolled_only', 1556, true), ('pair_enrolled_twice', 2, true),
  ('pair_six_rows', 1302, true), ('pair_six_details', 570, true), ('group_null_eva', 6, true),
  ('lost_shared', 3500, true), ('lost_journal_only', 67, true), ('lost_enrolled_only', 308, true),
  ('nochain_pair', 1088, true), ('nochain_six_rows', 2, true), ('nochain_enrolled_only', 1546, true),
  ('dead_pair', 12000, true), ('removed_pair', 4243, true), ('removed_six_rows', 1, true),
  ('enrolled_again', 1000, true), ('enrolled_once', 3080, true),
  -- journal_details
  ('detail_loaded', 2815444, true), ('detail_lost', 87757, true), ('detail_dead', 156959, true),
  ('detail_removed_rows', 120, true), ('detail_inactive', 70579, true),
  -- meetings
  ('meeting_clock', 178360, true), ('meeting_no_clock', 6839, true),
  ('meeting_no_course', 77, true), ('meeting_removed', 24, true), ('section_two_slots', 47, true),
  ('rooms', 106, false), ('topic', 65735, true), ('files', 14816, true),
  ('topic_file_active', 8991, true), ('topic_file_inactive', 333, true),
  -- exams
  ('exam_course', 5716, true), ('exam_no_course', 3, true), ('exam_inactive', 114, true),
  ('exam_pool_loaded', 4868, true), ('exam_pool_lost', 325, true),
  ('exam_row_loaded', 62719, true), ('exam_row_again', 800, true), ('exam_row_lost', 2804, true),
  ('exam_row_no_course', 12, true), ('exam_row_no_course_lost', 2, true),
  ('exam_row_inactive', 2028, true),
  -- groups, orders, calendar
  ('group_active', 377, true), ('group_inactive', 42, true), ('member_extra', 546, true),
  ('member_inactive', 1, true),
  ('serial', 393, true), ('serial_repeat', 236, true), ('order_inactive', 20, true),
  ('assignment_kept', 2738, true), ('assignment_repeat', 890, true),
  ('assignment_inactive', 60, true),
  ('event_good', 84, false), ('event_old_year', 120, false), ('event_no_year', 40, false),
  ('event_other_type', 50, false), ('event_bad_date', 33, false), ('event_inactive', 1, false),
  -- counted, not mapped
  ('execise', 31437, true), ('execise_student', 524258, true),
  ('transcript_course', 71492, true), ('transcript_other', 6428, true),
  ('course_evaluation', 42615, true), ('teacher_evaluation', 6608, true),
  ('question_rating', 132160, true), ('teacher_request', 14158, true),
  ('resource_request', 2142, true), ('resource', 3415, true),
  -- rows born in lms, for the prepared target
  ('born_user', 21, true), ('born_student', 19, true)
) AS v (key, full_scale, scales);

CREATE TEMP TABLE demo_expected (
  ord integer GENERATED ALWAYS AS IDENTITY, ref text NOT NULL, line text PRIMARY KEY,
  relation text NOT NULL DEFAULT '=', expected bigint NOT NULL
);

\ir 001_expected_lines.sql
