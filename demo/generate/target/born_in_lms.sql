-- Rows that were born in lms after the load: no old id, a hash, nobody in edu behind them. The
-- bridge must neither touch nor count them. Needs `seed`, `born_user`, `born_student`.

CREATE FUNCTION pg_temp.uuid4(kind text, n integer, seed bigint) RETURNS uuid IMMUTABLE
LANGUAGE sql AS $$
  SELECT overlay(overlay(md5(h) placing '4' from 13) placing '9' from 17)::uuid
  FROM (SELECT 'born/' || seed || '/' || kind || '/' || n AS h) AS s
$$;

INSERT INTO users (id, username, email, email_verified, password_hash, is_active, last_login_at,
                   password_changed_at, created_at, updated_at, metadata)
SELECT pg_temp.uuid4('users', n, :seed), 'lms.user' || lpad(n::text, 2, '0'),
       'lms.user' || lpad(n::text, 2, '0') || '@lms.bbu.edu.az', true,
       '$2b$12$' || left(translate(encode(sha512((:seed || '/' || n)::bytea), 'base64'),
                                   E'+=\n', './'), 53),
       true, at + interval '1 hour', at, at, at, '{}'
FROM (SELECT n, timestamptz '2025-10-05 09:00+04' + n * interval '5 hours' AS at
      FROM generate_series(1, :born_user) AS n) AS u;

INSERT INTO students (id, user_id, student_number, enrollment_date, status, study_mode,
                      funding_type, gpa, total_credits_earned, notes, created_at, updated_at)
SELECT pg_temp.uuid4('students', n, :seed), pg_temp.uuid4('users', n, :seed),
       'LMS-2025-' || lpad(n::text, 3, '0'), date '2025-09-15', 'active', 'full_time',
       'state_funded', 3.10, 30, 'lms qeydiyyatı',
       timestamptz '2025-10-06 10:00+04', timestamptz '2025-10-06 10:00+04'
FROM generate_series(1, :born_student) AS n;
