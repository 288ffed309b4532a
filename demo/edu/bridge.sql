-- The bridge's role on edu, with what it needs there and nothing more. Run it in the database, as a
-- superuser, before the first `crossfade check`. docs/operations.md says what each line is for.
--
-- Give the role a password or a certificate, and pg_hba.conf a line for it, once for the database
-- and once for `replication`.

CREATE ROLE crossfade LOGIN REPLICATION;
GRANT USAGE ON SCHEMA public TO crossfade;
-- The tables that mappings/edu-lms.yaml and edu-lms-g1.yaml read. accounts holds passwords: whoever may be crossfade
-- may read them.
GRANT SELECT ON
  academic_schedule, academic_schedule_details, accounts, course, course_student, course_teacher,
  dictionaries, edu_years, education_plan_subject, evaluation_type, journal, journal_details, org_names,
  organizations, persons, students, subject_catalog, subject_dic, teachers, users
  TO crossfade;

-- From 15.19 on (and the like of other versions) a server loads only output plugins that it admits,
-- and only a superuser may say which.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name = 'output_plugin_libraries') THEN
    ALTER ROLE crossfade SET output_plugin_libraries = pgoutput, wal2json;
  END IF;
END $$;
