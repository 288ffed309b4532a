-- The legacy database `edu`, as far as it is evidenced: one schema, bigint ids assigned by the
-- application, no foreign key, no unique constraint, no index but the primary keys, and NULL
-- allowed everywhere except in `id`. Types are bigint, text, smallint, integer and timestamptz
-- only: business dates, scores and money are text.
--
-- Plain SQL, so that any client can run it. Where sources disagree, the comment at the table says
-- which reading was taken; demo/README.md lists the choices together.
-- [audit] stands for create_date, create_user_id, update_date, update_user_id, active.

SET client_min_messages = warning;

-- ---------------------------------------------------------------- identity

CREATE TABLE accounts (
  id bigint PRIMARY KEY,
  person_id bigint,
  username text,
  password text,                      -- base64 of the clear text
  lang_id bigint,
  default_user_id bigint,
  in_system smallint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint,
  email text,
  other_username text,
  auth_type smallint,
  fail_login_count smallint,
  other_password text
);

-- One role instance of an account. The defaults 60 (session_duration) and 241217432406292880
-- (level_id) are the application's, not the table's: inserts name every column they set.
CREATE TABLE users (
  id bigint PRIMARY KEY,
  account_id bigint,
  organization_id bigint,
  is_blocked smallint,
  user_type text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint,
  group_id bigint,
  conversation_session smallint,
  in_status smallint,
  last_action_date timestamptz,
  session_duration smallint,
  access_ip_list text,
  favorite_tab text,
  level_id bigint,
  subscription_end_date text
);

-- 26 columns by introspection (documents that say 22 are older).
CREATE TABLE persons (
  id bigint PRIMARY KEY,
  firstname text,
  lastname text,
  patronymic text,
  gender_id bigint,
  pincode text,
  birthdate text,
  photo_file_id bigint,
  citizenship_id bigint,
  social_id bigint,
  marital_id bigint,
  orphan_id bigint,
  military_id bigint,
  nationality_id bigint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint,
  balance text,
  blood_type_id bigint,
  past_fevers text,
  hobbies text,
  sports text,
  family_information text,
  secondary_education_info text
);

CREATE TABLE students (
  id bigint PRIMARY KEY,
  person_id bigint,
  user_id bigint,
  org_id bigint,
  in_order_id bigint,
  yda_order_id bigint,
  out_order_id bigint,
  order_type_id bigint,
  education_line_id bigint,
  education_type_id bigint,
  education_payment_type_id bigint,
  education_lang_id bigint,
  score text,                         -- entrance examination, often above 100
  card_number text,
  status bigint,
  yearly_payment text,
  payment_count text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE teachers (
  id bigint PRIMARY KEY,
  person_id bigint,
  user_id bigint,
  in_action_id bigint,
  in_action_date text,
  out_action_id bigint,
  out_action_date text,
  organization_id bigint,
  staff_type_id bigint,
  position_id bigint,
  contract_type_id bigint,
  teaching smallint,
  card_number text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE user_groups (
  id bigint PRIMARY KEY,
  name_az text,
  name_en text,
  name_ru text,
  parent_id bigint,
  formula text,
  position_id bigint,
  access_ip_list text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- Roles and privileges: only the names of these tables are evidenced, and user_role's two columns.
CREATE TABLE roles (id bigint PRIMARY KEY, name text, active smallint);
CREATE TABLE user_role (id bigint PRIMARY KEY, user_id bigint, role_id bigint, active smallint);
CREATE TABLE operations (id bigint PRIMARY KEY, name text, url text, active smallint);
CREATE TABLE privileges (id bigint PRIMARY KEY, operation_id bigint, url text, active smallint);
CREATE TABLE user_privileges (
  id bigint PRIMARY KEY, user_id bigint, privilege_id bigint, active smallint
);
CREATE TABLE all_privilege (id bigint, user_group_id bigint, url text, active smallint);
CREATE TABLE all_privilege2 (id bigint, user_group_id bigint, url text, active smallint);

-- ---------------------------------------------------------------- organisation and dictionaries

-- dictionary_name_id is read from org_names first, dictionaries second; nothing declares it.
CREATE TABLE organizations (
  id bigint PRIMARY KEY,
  type_id bigint,
  formula text,
  parent_id bigint,
  dictionary_name_id bigint,
  nod_level integer,
  logo_name integer,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- Primary key assumed, as for every table of which the catalogue was not seen. The nasty data set
-- drops it and repeats ids: it is the mapped table without a key.
CREATE TABLE org_names (
  id bigint PRIMARY KEY,
  name_az text,
  name_en text,
  name_ru text,
  active smallint
);

CREATE TABLE organisations (id bigint PRIMARY KEY, org_name_id bigint, active smallint);

CREATE TABLE dictionary_types (
  id bigint PRIMARY KEY,
  code text,
  name_az text,
  name_en text,
  name_ru text,
  hidden_status integer,
  show_user_type text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE dictionaries (
  id bigint PRIMARY KEY,
  type_id bigint,
  code text,
  parent_id bigint,
  order_by integer,
  name_az text,
  name_en text,
  name_ru text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint,
  icon text,
  short_name_az text,
  short_name_en text,
  short_name_ru text
);

-- ---------------------------------------------------------------- subjects and plans

CREATE TABLE subject_dic (
  id bigint PRIMARY KEY,
  code text,
  name_az text,
  name_en text,
  name_ru text,
  active smallint
);

-- subject_name_id: dictionaries first, subject_dic second; the data use both.
CREATE TABLE subject_catalog (
  id bigint PRIMARY KEY,
  subject_name_id bigint,
  organization_id bigint,
  note text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- Years and semesters of a plan are integers: the API treats them so, the types were not seen.
CREATE TABLE education_plan (
  id bigint PRIMARY KEY,
  name text,
  code text,
  organization_id bigint,
  education_level_id bigint,
  education_type_id bigint,
  year_started integer,
  year_ended integer,
  max_semester integer,
  note text,
  status bigint,
  active smallint,
  create_date timestamptz,
  update_date timestamptz
);

CREATE TABLE education_plan_subject_group (
  id bigint PRIMARY KEY,
  education_plan_id bigint,
  active smallint
);

-- subject_id refers to subject_catalog (the reading of the loads that produced data), not to
-- subject_dic. Credits and hours are text, as figures of plans are by convention.
CREATE TABLE education_plan_subject (
  id bigint PRIMARY KEY,
  subject_id bigint,
  subject_group_id bigint,
  code text,
  credit text,
  all_hours text,
  in_hours text,
  out_hours text,
  m_hours text,
  s_hours text,
  l_hours text,
  fm_hours text,
  week_charge text,
  semester_id bigint,
  course_work smallint,
  chosen_status smallint,
  department text,
  active smallint,
  create_date timestamptz
);

-- ---------------------------------------------------------------- courses

-- 23 of 34 columns are evidenced, and academic_schedule_details_id weakly; the other ten are
-- unknown and left out. start_date is text like all business dates (a prose text says timestamp).
CREATE TABLE course (
  id bigint PRIMARY KEY,
  code text,
  education_plan_subject_id bigint,
  semester_id bigint,
  education_year_id bigint,
  education_lang_id bigint,
  education_type_id bigint,
  m_hours integer,
  s_hours integer,
  l_hours integer,
  fm_hours integer,
  student_count smallint,
  start_date text,
  note text,
  status smallint,
  copy_status smallint,
  course_meeting_status bigint,       -- a dictionary id: 110000057 at first
  close_status smallint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint,
  academic_schedule_details_id bigint
);

CREATE TABLE course_teacher (
  id bigint PRIMARY KEY,
  course_id bigint,
  teacher_id bigint,
  lesson_type_id bigint,
  close_status smallint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE course_student (
  id bigint PRIMARY KEY,
  course_id bigint,
  student_id bigint,
  course_work smallint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE student_course (
  id bigint PRIMARY KEY, student_id bigint, course_id bigint, exam_point text, end_point integer
);
CREATE TABLE other_student_course (id bigint PRIMARY KEY, student_id bigint, course_id bigint);

CREATE TABLE education_group (
  id bigint PRIMARY KEY,
  name text,
  organization_id bigint,
  education_level_id bigint,
  education_type_id bigint,
  education_lang_id bigint,
  education_year_id bigint,
  tyutor_id bigint,
  yearly_payment smallint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE education_group_student (
  id bigint PRIMARY KEY,
  education_group_id bigint,
  student_id bigint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- ---------------------------------------------------------------- meetings

-- Column names of meeting and clock are not evidenced; these are the specification's for
-- synthetic data. One row is one session. Clock times are text HH:MM.
CREATE TABLE clocks (id bigint PRIMARY KEY, start_time text, end_time text, active smallint);

CREATE TABLE course_meeting (
  id bigint PRIMARY KEY,
  course_id bigint,
  clock_id bigint,
  room_id bigint,                     -- rooms exist only as the values of this column
  week_day smallint,                  -- 0-7 occur
  meeting_date text,
  lesson_type_id bigint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE course_meeting_attendance (
  id bigint PRIMARY KEY, course_meeting_id bigint, student_id bigint, active smallint
);
CREATE TABLE dynamic_timetable (id bigint PRIMARY KEY, course_id bigint, active smallint);
CREATE TABLE dynamic_timetable_details (
  id bigint PRIMARY KEY, dynamic_timetable_id bigint, room_id bigint, active smallint
);

CREATE TABLE course_meeting_topic (
  id bigint PRIMARY KEY,
  course_meeting_id bigint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE course_meeting_topic_file (
  id bigint PRIMARY KEY,
  course_meeting_topic_id bigint,
  file_id bigint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- No type, size or author_name: a script that used them failed.
CREATE TABLE files (
  id bigint PRIMARY KEY, name text, path text, content_type text, file_size bigint
);

-- ---------------------------------------------------------------- journal and exams

-- course_eva_id is no foreign key in the evidence: a small shared set of components, the pair
-- (course_id, course_eva_id) is what counts. The names of the appeal columns are inferred.
CREATE TABLE journal (
  id bigint PRIMARY KEY,
  student_id bigint,
  course_id bigint,
  course_eva_id bigint,
  point text,                         -- 10-point scale
  point_id bigint,
  active smallint,
  create_date timestamptz,
  update_date timestamptz,
  appeal_status smallint,
  appeal_date text,
  appeal_note text
);

-- point_id_n is a dictionary id (its code is a mark or an attendance code), not a mark.
CREATE TABLE journal_details (
  id bigint PRIMARY KEY,
  journal_id bigint,
  course_meeting_id bigint,
  point_id_1 bigint,
  status_1 bigint,
  note_1 text,
  point_id_2 bigint,
  status_2 bigint,
  note_2 text,
  point_id_3 bigint,
  status_3 bigint,
  note_3 text,
  create_date timestamptz,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- duration (minutes) and passing_grade are whole numbers; the kind is an open question.
CREATE TABLE exam (
  id bigint PRIMARY KEY,
  course_id bigint,
  start_date text,
  start_time text,
  end_time text,
  duration integer,
  passing_grade integer,
  type_id bigint,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- grade is text like every other mark. submit_date is doubtful (the load that worked took
-- create_date instead) and left out.
CREATE TABLE exam_student (
  id bigint PRIMARY KEY,
  exam_id bigint,
  student_id bigint,
  finish_status smallint,             -- 1 submitted, 2 graded, 3 returned
  grade text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

CREATE TABLE evaluation_type (
  id bigint PRIMARY KEY,
  name text,
  points integer,
  successful_pass_percent integer,
  formula_with_cw text,
  formula_without_cw text,
  colloquium_status smallint,
  type smallint,
  active smallint
);

-- Counts are known, columns are not: an id, the obvious reference, a state.
CREATE TABLE course_evaluation (id bigint PRIMARY KEY, course_id bigint, active smallint);
CREATE TABLE course_teacher_evaluation (
  id bigint PRIMARY KEY, course_teacher_id bigint, student_id bigint, active smallint
);
CREATE TABLE course_teacher_eva_question_rating (
  id bigint PRIMARY KEY, course_teacher_evaluation_id bigint, rating smallint, active smallint
);

-- ---------------------------------------------------------------- orders and calendar

CREATE TABLE orders (
  id bigint PRIMARY KEY,
  type_id bigint,
  serial text,
  order_date text,
  status bigint,
  note text,
  form_id bigint,
  edu_level_id bigint,
  file_id bigint,
  active smallint,
  create_date timestamptz,
  create_user_id bigint
);

CREATE TABLE person_orders (
  id bigint PRIMARY KEY,
  person_id bigint,
  order_id bigint,
  student_id bigint,
  reason_id bigint,
  note text,
  create_date timestamptz,
  active smallint
);

CREATE TABLE edu_years (
  id bigint PRIMARY KEY,
  name text,                          -- YYYY/YYYY
  start_date text,
  end_date text,
  order_by integer,
  active smallint
);

CREATE TABLE academic_schedule (id bigint PRIMARY KEY, education_year_id bigint, active smallint);

CREATE TABLE academic_schedule_details (
  id bigint PRIMARY KEY,
  academic_schedule_id bigint,
  type_id bigint,
  start_date text,
  end_date text,
  create_date timestamptz,
  create_user_id bigint,
  update_date timestamptz,
  update_user_id bigint,
  active smallint
);

-- ---------------------------------------------------------------- not mapped by any load

CREATE TABLE student_transcript (
  id bigint PRIMARY KEY,
  student_id bigint,
  course_id bigint,
  education_group_id bigint,
  fullname text,
  faculty_name text,
  speciality_name text,
  subject_name text,
  credit text,
  end_point text,
  before_point text,
  exam_point text,
  semester text,
  eps_education_year text,
  type text,
  active smallint,
  create_date timestamptz
);

CREATE TABLE documents (
  id bigint PRIMARY KEY,
  type_id bigint,
  serial text,
  num text,
  start_date text,
  end_date text,
  file_id bigint,
  issuing_organization text,
  active smallint,
  create_date timestamptz
);

CREATE TABLE teacher_request (
  id bigint PRIMARY KEY,
  course_id bigint,
  meeting_id bigint,
  evaluation_id bigint,
  status bigint,
  reason text,
  access_date text,
  request_date text,
  create_user_id bigint,
  create_date timestamptz,
  active smallint
);

CREATE TABLE resource_request (
  id bigint PRIMARY KEY,
  resource_edition_id bigint,
  user_id bigint,
  person_id bigint,
  reservation_date text,
  take_date text,
  finish_date text,
  return_date text,
  request_code text,
  status bigint,
  penalty_price text,
  paid_penalty_price text,
  penalty_reason text,
  note text,
  penalty_note text,
  active smallint,
  create_date timestamptz
);

CREATE TABLE resources (id bigint PRIMARY KEY, name text, active smallint);

-- The misspelling is the legacy application's.
CREATE TABLE course_execises (
  id bigint PRIMARY KEY, course_id bigint, active smallint, create_date timestamptz
);
CREATE TABLE course_execises_student (
  id bigint PRIMARY KEY, course_execises_id bigint, student_id bigint, active smallint,
  create_date timestamptz
);

CREATE TABLE notifications (
  id bigint PRIMARY KEY, title text, body text, active smallint, create_date timestamptz
);
CREATE TABLE notification_to (
  id bigint PRIMARY KEY, notification_id bigint, user_id bigint, active smallint
);

-- ---------------------------------------------------------------- logs and copies, no primary key
-- About 132 of the 355 tables have no primary key, and the logs are 98 % of the volume. These
-- tables must never be published without a replica identity: the application's own UPDATE and
-- DELETE on them would fail.

CREATE TABLE error_transaction (
  id bigint, user_id bigint, url text, params text, error_text text, create_date timestamptz
);
CREATE TABLE common_action_log (
  id bigint, user_id bigint, table_name text, row_id bigint, action text, old_values text,
  new_values text, create_date timestamptz
);
CREATE TABLE action_logs (id bigint, user_id bigint, action text, create_date timestamptz);
CREATE TABLE user_enter_logs (
  id bigint, user_id bigint, ip text, enter_date timestamptz, exit_date timestamptz
);
CREATE TABLE user_session (
  id bigint, user_id bigint, token text, start_date timestamptz, end_date timestamptz
);
CREATE TABLE report_student_count (
  id bigint, organization_id bigint, edu_year_id bigint, student_count integer
);

CREATE TABLE a_students (LIKE students);
ALTER TABLE a_students ALTER COLUMN id DROP NOT NULL;
CREATE TABLE a_students_bak (LIKE a_students);
CREATE TABLE a_teachers (LIKE teachers);
ALTER TABLE a_teachers ALTER COLUMN id DROP NOT NULL;
CREATE TABLE a_teachers2 (LIKE a_teachers);
CREATE TABLE excel_teacher (firstname text, lastname text, patronymic text, pincode text);

-- ---------------------------------------------------------------- the legacy application's role

-- The application writes as this role, so that privileges can be taken from it at a cutover.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'edu_app') THEN
    CREATE ROLE edu_app LOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;                               -- another session created it meanwhile
END $$;
GRANT USAGE ON SCHEMA public TO edu_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO edu_app;

RESET client_min_messages;
