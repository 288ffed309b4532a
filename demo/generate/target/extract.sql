-- What the published one-shot loaders made of edu in their first load, five entities, by their own
-- rules and with their defects (the numbers D1-D25 are the specification's). Runs in edu, writes
-- one COPY file per table into the current directory. Needs psql's variable `seed`.
--
-- The loaders took uuid4 and now(); here uuids are hashes of (seed, table, id), and now() is the
-- day of the load.

SET timezone = 'Asia/Baku';

SELECT format($f$
  CREATE FUNCTION pg_temp.uuid4(kind text, id bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $b$
    SELECT overlay(overlay(md5(h) placing '4' from 13)
                   placing substr('89ab', 1 + ascii(md5(h)) %% 4, 1) from 17)::uuid
    FROM (SELECT 'one-shot/%s/' || kind || '/' || id AS h) AS s
  $b$
$f$, :seed) \gexec

-- base64 to clear text; the raw value if that fails (D3).
CREATE FUNCTION pg_temp.clear_text(password text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN convert_from(decode(password, 'base64'), 'UTF8');
EXCEPTION WHEN OTHERS THEN
  RETURN password;
END $$;

-- DD/MM/YYYY, then YYYY-MM-DD, else NULL.
CREATE FUNCTION pg_temp.day(x text) RETURNS date LANGUAGE plpgsql AS $$
DECLARE
  p text[];
BEGIN
  p := regexp_match(x, '^(\d{1,2})/(\d{1,2})/(\d{4})$');
  IF p IS NOT NULL THEN
    RETURN make_date(p[3]::integer, p[2]::integer, p[1]::integer);
  END IF;
  p := regexp_match(x, '^(\d{4})-(\d{1,2})-(\d{1,2})$');
  RETURN make_date(p[1]::integer, p[2]::integer, p[3]::integer);
EXCEPTION WHEN datetime_field_overflow THEN
  RETURN NULL;
END $$;

-- users: in the order of u.id the first of a username stays, the others vanish (D1, D2).
CREATE TEMP TABLE shot_user AS
SELECT DISTINCT ON (username) *
FROM (SELECT u.id, pg_temp.uuid4('users', u.id) AS uuid, u.account_id, u.active, u.is_blocked,
             u.last_action_date, u.create_date, u.update_date, a.person_id, a.email, a.password,
             coalesce(nullif(a.username, ''), 'user_' || u.id) AS username
      FROM users u LEFT JOIN accounts a ON a.id = u.account_id) AS x
ORDER BY username, id;

CREATE TEMP VIEW out_users AS
  SELECT uuid AS id, username,
         CASE WHEN email ~ '@[^@]*\.[^@]*$' THEN email
              ELSE username || '@temp.bbu.edu.az' END AS email,
         CASE WHEN coalesce(password, '') = '' THEN 'placeholder_hash'
              ELSE pg_temp.clear_text(password) END AS password_hash,
         coalesce(active = 1 AND is_blocked = 0, false) AS is_active,
         last_action_date AS last_login_at, create_date AS password_changed_at,
         coalesce(create_date, timestamptz '2025-10-03 12:00:00+04') AS created_at,
         coalesce(update_date, timestamptz '2025-10-03 12:00:00+04') AS updated_at,
         jsonb_build_object('old_user_id', id, 'old_account_id', account_id) AS metadata
  FROM shot_user
  ORDER BY shot_user.id;
\copy (TABLE out_users) TO 'users.copy'

-- persons: those whose account has a user that stayed (D10); anything but 1 and 2 is 'other' (D8).
CREATE TEMP TABLE shot_person AS
SELECT DISTINCT ON (u.uuid) p.*, u.uuid AS user_uuid
FROM persons p JOIN accounts a ON a.person_id = p.id JOIN shot_user u ON u.account_id = a.id
ORDER BY u.uuid, p.id;

CREATE TEMP VIEW out_persons AS
  SELECT pg_temp.uuid4('persons', id) AS id, user_uuid AS user_id,
         firstname AS first_name, lastname AS last_name,
         patronymic AS middle_name, pg_temp.day(birthdate) AS date_of_birth,
         CASE gender_id WHEN 1 THEN 'male' WHEN 2 THEN 'female' ELSE 'other' END AS gender,
         pincode AS national_id, coalesce(create_date, timestamptz '2025-10-03 12:00:00+04') AS created_at,
         coalesce(update_date, timestamptz '2025-10-03 12:00:00+04') AS updated_at
  FROM shot_person
  ORDER BY shot_person.id;
\copy (TABLE out_persons) TO 'persons.copy'

-- students: active, with a user that stayed. An equal student number overwrites user and metadata
-- of the row that is already there (D14). The score becomes a GPA (D13).
CREATE FUNCTION pg_temp.gpa(score text) RETURNS numeric LANGUAGE sql AS $$
  SELECT CASE WHEN score ~ '^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$' AND score::numeric <= 100
              THEN least(round(score::numeric / 100 * 4, 2), 4) END
$$;
CREATE TEMP TABLE shot_student AS
SELECT s.*, u.uuid AS user_uuid, coalesce(nullif(s.card_number, ''), 'STU' || s.id) AS number,
       row_number() OVER w AS place, last_value(s.id) OVER w AS last_id
FROM students s JOIN shot_user u ON u.id = s.user_id
WHERE s.active = 1
WINDOW w AS (PARTITION BY coalesce(nullif(s.card_number, ''), 'STU' || s.id) ORDER BY s.id
             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);

CREATE TEMP VIEW out_students AS
  SELECT pg_temp.uuid4('students', f.id) AS id, l.user_uuid AS user_id,
         f.number AS student_number,
         coalesce(f.create_date::date, date '2025-10-03') AS enrollment_date, 'active' AS status,
         'full_time' AS study_mode, 'self_funded' AS funding_type, pg_temp.gpa(f.score) AS gpa,
         jsonb_build_object('old_student_id', l.id, 'old_person_id', l.person_id, 'old_org_id',
           l.org_id, 'education_type_id', l.education_type_id, 'education_payment_type_id',
           l.education_payment_type_id, 'education_lang_id', l.education_lang_id) AS metadata,
         coalesce(f.create_date, timestamptz '2025-10-03 12:00:00+04') AS created_at,
         coalesce(f.update_date, timestamptz '2025-10-03 12:00:00+04') AS updated_at
  FROM shot_student f JOIN shot_student l ON l.id = f.last_id WHERE f.place = 1
  ORDER BY f.id;
\copy (TABLE out_students) TO 'students.copy'

-- staff: everything but number and dates is a constant (D18); an equal user overwrites the number.
CREATE TEMP TABLE shot_staff AS
SELECT t.*, u.uuid AS user_uuid, row_number() OVER w AS place, last_value(t.id) OVER w AS last_id
FROM teachers t JOIN shot_user u ON u.id = t.user_id
WHERE t.active = 1
WINDOW w AS (PARTITION BY u.uuid ORDER BY t.id
             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);

CREATE TEMP VIEW out_staff_members AS
  SELECT pg_temp.uuid4('staff_members', id) AS id, user_uuid AS user_id,
         'TCH' || last_id AS employee_number,
         jsonb_build_object('az', 'Müəllim', 'en', 'Teacher', 'ru', 'Преподаватель') AS position_title,
         'full_time' AS employment_type,
         coalesce(pg_temp.day(in_action_date), create_date::date, date '2025-10-03') AS hire_date,
         coalesce(out_action_date, '') = '' AS is_active,
         coalesce(create_date, timestamptz '2025-10-03 12:00:00+04') AS created_at,
         coalesce(update_date, timestamptz '2025-10-03 12:00:00+04') AS updated_at
  FROM shot_staff WHERE place = 1
  ORDER BY shot_staff.id;
\copy (TABLE out_staff_members) TO 'staff_members.copy'

-- units: named from the wrong table (D21), typed by the shape of the tree (D22), a dangling parent
-- becomes none and so a second university (D24).
CREATE TEMP TABLE shot_unit AS
SELECT o.*, d.name_az, d.name_en, d.name_ru, p.id AS parent,
       coalesce(nullif(o.formula, ''), nullif(d.code, ''), 'ORG' || o.id) AS unit_code,
       CASE WHEN p.id IS NULL THEN 'university'
            WHEN NOT EXISTS (SELECT FROM organizations c WHERE c.parent_id = o.id) THEN 'program'
            WHEN NOT EXISTS (SELECT FROM organizations g WHERE g.id = p.parent_id) THEN 'faculty'
            ELSE 'department' END AS unit_type
FROM organizations o
LEFT JOIN dictionaries d ON d.id = o.dictionary_name_id
LEFT JOIN organizations p ON p.id = o.parent_id;

CREATE TEMP VIEW out_organization_units AS
  SELECT pg_temp.uuid4('organization_units', id) AS id,
         CASE WHEN parent IS NOT NULL THEN pg_temp.uuid4('organization_units', parent) END AS parent_id,
         unit_type, unit_code,
         jsonb_build_object('az', coalesce(name_az, 'Organization ' || id), 'en',
           coalesce(name_en, name_az, 'Organization ' || id), 'ru', coalesce(name_ru, name_az,
           'Organization ' || id)) AS name, coalesce(active, 0) <> 0 AS is_active,
         coalesce(create_date, timestamptz '2025-10-03 12:00:00+04') AS created_at,
         coalesce(update_date, timestamptz '2025-10-03 12:00:00+04') AS updated_at
  FROM shot_unit
  ORDER BY shot_unit.id;
\copy (TABLE out_organization_units) TO 'organization_units.copy'
