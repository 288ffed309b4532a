-- The bridge's role on lms, with what it needs there and nothing more. Run it in the database, as a
-- superuser, before the first `crossfade check`. docs/operations.md says what each line is for.
--
-- Give the role a password or a certificate, and pg_hba.conf a line for it.

-- Row-level security shows a role the rows of one user only; the bridge keeps all of them.
CREATE ROLE crossfade LOGIN BYPASSRLS;
GRANT USAGE ON SCHEMA public TO crossfade;
-- The tables that mappings/edu-lms.yaml and edu-lms-g1.yaml write.
GRANT SELECT, INSERT, UPDATE ON
  academic_terms, assessments, course_enrollments, course_instructors, course_offerings, courses, grades,
  organization_units, persons, staff_members, students, users
  TO crossfade;
-- Of the others a row stays for good. Of these one leaves when its rows of edu go to another key or, by the rules
-- of its entity, when its parent does or nothing of it is active any more.
GRANT DELETE ON
  academic_terms, assessments, course_enrollments, course_instructors, course_offerings, grades, users
  TO crossfade;
-- Not before nobody refers to it any more, which the bridge must be able to see.
GRANT SELECT ON
  announcements, assessment_submissions, attendance_records, audit_logs, calendar_events, class_schedules,
  course_materials, file_uploads, grade_appeals, notifications, page_views, system_settings,
  user_preferences, user_roles, user_sessions
  TO crossfade;
-- Its position, in a schema of its own.
CREATE SCHEMA crossfade AUTHORIZATION crossfade;
-- Marks what it writes, so that a way back can tell it from what people do.
GRANT EXECUTE ON FUNCTION
  pg_replication_origin_oid(text), pg_replication_origin_create(text),
  pg_replication_origin_session_setup(text),
  pg_replication_origin_xact_setup(pg_lsn, timestamptz), pg_replication_origin_drop(text)
  TO crossfade;
-- What the bridge writes was done by somebody in edu, and edu's log says who: no audit rows for it.
-- The triggers themselves stay on, for everybody else and for everything else that they guard.
ALTER ROLE crossfade SET app.audit = 'off';
