-- The bridge's role on lms, with what it needs there and nothing more. Run it in the database, as a
-- superuser, before the first `crossfade check`. docs/operations.md says what each line is for.
--
-- Give the role a password or a certificate, and pg_hba.conf a line for it.

-- Row-level security shows a role the rows of one user only; the bridge keeps all of them.
CREATE ROLE crossfade LOGIN BYPASSRLS;
GRANT USAGE ON SCHEMA public TO crossfade;
-- The tables that mappings/edu-lms.yaml writes.
GRANT SELECT, INSERT, UPDATE ON
  organization_units, persons, staff_members, students, users
  TO crossfade;
-- By its rules a row of these leaves in one case only: a role that was a user of its own while its account was
-- not there yet. Not before nobody refers to that user any more, which the bridge must be able to see.
GRANT DELETE ON users TO crossfade;
GRANT SELECT ON
  announcements, assessments, attendance_records, audit_logs, calendar_events, class_schedules,
  course_instructors, course_materials, file_uploads, grade_appeals, grades, notifications, page_views,
  system_settings, user_preferences, user_roles, user_sessions
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
