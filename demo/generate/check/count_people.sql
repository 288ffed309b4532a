-- Accounts, users, persons, students, teachers, units.

INSERT INTO demo_found
SELECT 'users', count(*) FROM users
UNION ALL SELECT 'users active', count(*) FROM users WHERE active = 1
UNION ALL SELECT 'accounts', count(*) FROM accounts
UNION ALL SELECT 'accounts active', count(*) FROM accounts WHERE active = 1
UNION ALL SELECT 'persons', count(*) FROM persons
UNION ALL SELECT 'persons active', count(*) FROM persons WHERE active = 1
UNION ALL SELECT 'students', count(*) FROM students
UNION ALL SELECT 'teachers', count(*) FROM teachers
UNION ALL SELECT 'organizations', count(*) FROM organizations
UNION ALL SELECT 'organizations active', count(*) FROM organizations WHERE active = 1
UNION ALL SELECT 'dictionaries', count(*) FROM dictionaries
UNION ALL SELECT 'dictionary_types', count(*) FROM dictionary_types;

INSERT INTO demo_found
SELECT 'user rows beyond the first of their account', count(*) - count(DISTINCT account_id)
FROM users
UNION ALL
SELECT 'accounts without any user row', count(*) FROM accounts a
WHERE NOT EXISTS (SELECT FROM users u WHERE u.account_id = a.id)
UNION ALL
SELECT 'persons without any user row', count(*) FROM persons p
WHERE NOT EXISTS (SELECT FROM accounts a JOIN users u ON u.account_id = a.id
                  WHERE a.person_id = p.id)
UNION ALL
SELECT 'distinct usernames over users and accounts', count(DISTINCT a.username)
FROM users u JOIN accounts a ON a.id = u.account_id
UNION ALL
SELECT 'users that do not resolve to account and person', count(*) FROM users u
WHERE NOT EXISTS (SELECT FROM accounts a JOIN persons p ON p.id = a.person_id
                  WHERE a.id = u.account_id)
UNION ALL
SELECT 'students active with user_id', count(*) FROM students
WHERE active = 1 AND user_id IS NOT NULL
UNION ALL
SELECT 'active students on a later user row', count(*) FROM students s
WHERE active = 1 AND user_id NOT IN (SELECT id FROM first_user)
UNION ALL
SELECT 'teachers active', count(*) FROM teachers WHERE active = 1
UNION ALL
SELECT 'active teachers on a later user row', count(*) FROM teachers
WHERE active = 1 AND user_id NOT IN (SELECT id FROM first_user)
UNION ALL
SELECT 'students.user_id held twice', count(*) - count(DISTINCT user_id) FROM students
UNION ALL
SELECT 'teachers.user_id held twice', count(*) - count(DISTINCT user_id) FROM teachers
UNION ALL
SELECT 'accounts whose default_user_id is another row than the first', count(*)
FROM accounts a JOIN first_user f ON f.account_id = a.id
JOIN users u ON u.id = a.default_user_id AND u.account_id = a.id
WHERE a.default_user_id <> f.id;

-- E-mails: empty, without '@', without a dot after the last '@', or repeating one of a lower id.
INSERT INTO demo_found
SELECT 'duplicate or invalid e-mails', count(*) FILTER (WHERE bad OR repeated)
FROM (SELECT bad, NOT bad AND row_number() OVER (PARTITION BY bad, lower(email) ORDER BY id) > 1
               AS repeated
      FROM (SELECT id, email, email = '' OR email !~ '@' OR email !~ '@[^@]*\.[^@]*$' AS bad
            FROM accounts WHERE email IS NOT NULL) AS e) AS r;

INSERT INTO demo_found
SELECT 'passwords: bcrypt', count(*) FROM accounts WHERE password ~ '^\$2[aby]\$'
UNION ALL
SELECT 'passwords: NULL or empty', count(*) FROM accounts WHERE coalesce(password, '') = ''
UNION ALL
SELECT 'passwords: not decodable', count(*) FROM accounts
WHERE password <> '' AND password !~ '^\$2[aby]\$'
  AND password !~ '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$';

INSERT INTO demo_found
SELECT 'birthdates missing', count(*) FROM persons WHERE coalesce(birthdate, '') = ''
UNION ALL
SELECT 'birthdates ISO', count(*) FROM persons WHERE birthdate ~ '^\d{4}-\d{2}-\d{2}$'
UNION ALL
SELECT 'birthdates unparseable', count(*) FROM persons
WHERE birthdate <> '' AND birthdate !~ '^\d{4}-\d{2}-\d{2}$'
  AND CASE WHEN birthdate ~ '^\d{2}/(0[1-9]|1[0-2])/(19|20)\d{2}$'
           THEN left(birthdate, 2)::integer NOT BETWEEN 1 AND extract(day FROM
             make_date(right(birthdate, 4)::integer, substr(birthdate, 4, 2)::integer, 1)
             + interval '1 month' - interval '1 day')
           ELSE true END
UNION ALL
SELECT 'persons with a NULL first or last name', count(*) FROM persons
WHERE firstname IS NULL OR lastname IS NULL
UNION ALL
SELECT 'persons with gender 110000003 or 110000004', count(*) FROM persons
WHERE gender_id IN (110000003, 110000004);

INSERT INTO demo_found
SELECT 'card numbers held by two active students', count(*) FROM (
  SELECT card_number FROM students JOIN loaded USING (id)
  WHERE card_number <> '' GROUP BY card_number HAVING count(*) = 2) AS c
UNION ALL
SELECT 'scores NULL', count(*) FROM students WHERE score IS NULL
UNION ALL
SELECT 'scores not numeric', count(*) FROM students WHERE score !~ '^\d+(\.\d+)?$'
UNION ALL
SELECT line, count(*) FROM (
  SELECT CASE WHEN score::numeric <= 4 THEN 'scores up to 4'
              WHEN score::numeric <= 100 THEN 'scores above 4 up to 100'
              ELSE 'scores above 100' END AS line
  FROM students WHERE score ~ '^\d+(\.\d+)?$') AS s
GROUP BY line
UNION ALL
SELECT 'students whose id has 18 digits', count(*) FROM students WHERE length(id::text) = 18
UNION ALL
SELECT 'distinct units of teachers', count(DISTINCT organization_id) FROM teachers
UNION ALL
SELECT 'teachers of the largest unit', max(n)
FROM (SELECT count(*) AS n FROM teachers GROUP BY organization_id) AS u
UNION ALL
SELECT 'organizations with dangling parent', count(*) FROM organizations o
WHERE parent_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM organizations p WHERE p.id = o.parent_id)
UNION ALL
SELECT 'organizations named outside dictionaries', count(*) FROM organizations
WHERE dictionary_name_id IN (SELECT id FROM org_names)
  AND dictionary_name_id NOT IN (SELECT id FROM dictionaries);
