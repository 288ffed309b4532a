-- The prepared lms: counts of the five entities as the one-shot left them, and nothing else.

CREATE TEMP TABLE other_rows (n bigint);
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN
      ('users', 'persons', 'students', 'staff_members', 'organization_units', 'roles') LOOP
    EXECUTE format('INSERT INTO other_rows SELECT count(*) FROM %I', name);
  END LOOP;
END $$;

CREATE TEMP TABLE k AS
SELECT sum(n) FILTER (WHERE key IN ('first_student', 'first_student_inactive', 'first_teacher',
         'first_teacher_inactive', 'first_admin')) AS users,
       sum(n) FILTER (WHERE key = 'born_user') AS born_users,
       sum(n) FILTER (WHERE key = 'born_student') AS born_students,
       sum(CASE key WHEN 'card_pairs' THEN -n ELSE n END)
         FILTER (WHERE key IN ('first_student', 'card_pairs')) AS students,
       sum(n) FILTER (WHERE key = 'first_teacher') AS staff,
       sum(n) FILTER (WHERE key = 'teacher_left') AS staff_left
FROM demo_leaf;

SELECT 'lms', line, '=', expected, found, CASE WHEN found = expected THEN 'OK' ELSE 'DIFFERS' END
FROM (
  SELECT 1 AS ord, 'users of the one-shot' AS line, users AS expected,
         (SELECT count(*) FROM users WHERE jsonb_typeof(metadata -> 'old_user_id') = 'number'
            AND jsonb_typeof(metadata -> 'old_account_id') = 'number') AS found FROM k
  UNION ALL SELECT 2, 'users born in lms', born_users,
         (SELECT count(*) FROM users WHERE NOT metadata ? 'old_user_id') FROM k
  UNION ALL SELECT 3, 'persons', users, (SELECT count(*) FROM persons) FROM k
  UNION ALL SELECT 4, 'students of the one-shot', students,
         (SELECT count(*) FROM students WHERE metadata ? 'old_student_id') FROM k
  UNION ALL SELECT 5, 'students born in lms', born_students,
         (SELECT count(*) FROM students WHERE NOT metadata ? 'old_student_id') FROM k
  UNION ALL SELECT 6, 'staff_members', staff, (SELECT count(*) FROM staff_members) FROM k
  UNION ALL SELECT 7, 'staff_members inactive', staff_left,
         (SELECT count(*) FROM staff_members WHERE NOT is_active) FROM k
  UNION ALL SELECT 8, 'organization_units', 60, (SELECT count(*) FROM organization_units)
  UNION ALL SELECT 9, 'organization_units active', 56,
         (SELECT count(*) FROM organization_units WHERE is_active)
  UNION ALL SELECT 10, 'users without a clear text that are not from edu''s exceptions', 0,
         (SELECT count(*) FROM users WHERE metadata ? 'old_user_id' AND password_hash !~
            '^(Xezer|Gence|Sheki|Lenkeran|Qebele|Naxchivan|Ordubad|Zaqatala|Şuşa|Ağdam)![0-9]{6}$'
            AND password_hash !~ '^(placeholder_hash$|\$2b\$|şifrə|abc$|c2Vjc|parol |YWJj)')
  UNION ALL SELECT 11, 'rows in all other tables but roles', 0, (SELECT sum(n) FROM other_rows)
) AS r
ORDER BY ord;
