-- References between people that point nowhere, to themselves, or to the same row twice.

\set base 990100000000000000

-- user rows without a resolvable account; one account with three rows, of which none is active
INSERT INTO users (id, account_id, user_type, active, last_action_date) VALUES
  (:base + 101, NULL, 'STUDENT', 1, '2025-09-01 12:00+04'),
  (:base + 102, :base + 88888, 'TEACHER', 1, NULL),
  (:base + 103, :base + 103, 'STUDENT', 0, NULL),
  (:base + 104, :base + 103, 'TEACHER', NULL, '2025-09-02 12:00+04'),
  (:base + 105, :base + 103, 'ADMIN', 2, '2025-09-01 12:00+04');
INSERT INTO accounts (id, person_id, username, password, default_user_id, active, email) VALUES
  (:base + 103, :base + 103, 'three.rows', 'dGhyZWU=', :base + 105, 1, 'three@b.az'),
  -- two more accounts of one person: the lower one inactive; and one of nobody
  (:base + 104, :base + 103, 'second.account', 'c2Vjb25k', NULL, 0, 'three@b.az'),
  (:base + 105, :base + 103, 'third.account', 'dGhpcmQ=', NULL, 1, NULL),
  (:base + 106, :base + 77777, 'nobody', 'bm9ib2R5', NULL, 1, 'nobody@b.az'),
  (:base + 107, NULL, 'nobody', 'bm9ib2R5', NULL, 1, 'Nobody@b.az');
INSERT INTO persons (id, firstname, lastname, active) VALUES
  (:base + 103, 'ÜÇ', 'HESABLI', 1), (:base + 108, NULL, NULL, 1), (:base + 109, '', ' ', 0);

-- one user row shared by students and teachers; ties in create_date
INSERT INTO students (id, person_id, user_id, create_date, active) VALUES
  (:base + 111, :base + 103, :base + 103, '2025-01-01 00:00+04', 1),
  (:base + 112, :base + 103, :base + 103, '2025-01-01 00:00+04', 1),
  (:base + 113, :base + 103, :base + 104, NULL, 0),
  (:base + 114, NULL, NULL, '2025-01-01 00:00+04', 1),
  (:base + 115, :base + 66666, :base + 66666, NULL, 1),
  (:base + 116, :base + 108, :base + 101, '2025-01-01 00:00+04', 1);
INSERT INTO teachers (id, person_id, user_id, in_action_date, out_action_date, organization_id,
                      position_id, create_date, active) VALUES
  (:base + 121, :base + 103, :base + 104, '30/02/2001', NULL, :base + 201, 119999999,
   '2025-01-01 00:00+04', 1),
  (:base + 122, :base + 103, :base + 104, '2001-02-03', '2001-02-03', :base + 202, 110000120,
   '2025-01-01 00:00+04', 1),
  (:base + 123, :base + 103, :base + 102, '03/02/2001', '01/02/2001', :base + 55555, NULL,
   NULL, 1),
  (:base + 124, NULL, NULL, '1/1/01', 'yoxdur', NULL, NULL, NULL, NULL);

-- units: a self reference, cycles of two and three, a child of a cycle, a dangling parent, equal
-- formulas, levels that are none, a blank name in org_names before a good one in dictionaries
INSERT INTO organizations (id, type_id, formula, parent_id, dictionary_name_id, nod_level, active)
VALUES
  (:base + 201, 110000171, '1/1', :base + 201, NULL, 2, 1),
  (:base + 202, 110000172, '1/1', :base + 203, :base + 901, 3, 1),
  (:base + 203, 110000172, '1/1', :base + 202, :base + 902, 3, 1),
  (:base + 204, NULL, '', :base + 205, 110000500, 4, 1),
  (:base + 205, 119999999, NULL, :base + 206, NULL, 0, 1),
  (:base + 206, NULL, NULL, :base + 204, NULL, -1, NULL),
  (:base + 207, 110000173, NULL, :base + 206, :base + 903, 7, 2),
  (:base + 208, 110000170, 'ORG' || :base + 207, :base + 44444, 110000501, NULL, 1);

-- org_names loses its key: the mapped table without one. Equal ids, also an equal row.
ALTER TABLE org_names DROP CONSTRAINT org_names_pkey;
ALTER TABLE org_names ALTER COLUMN id DROP NOT NULL;
INSERT INTO org_names (id, name_az, name_en, name_ru, active) VALUES
  (:base + 901, 'İkinci ad', NULL, NULL, 0), (:base + 901, 'Birinci ad', NULL, NULL, 1),
  (:base + 901, 'Birinci ad', NULL, NULL, 1), (:base + 902, ' ', U&'\00A0', '', 1),
  (:base + 903, NULL, 'English only', NULL, NULL), (110000501, '', '', '', 1),
  (NULL, 'Adsız', NULL, NULL, 1);

INSERT INTO dictionaries (id, type_id, code, parent_id, name_az, name_en, active) VALUES
  (119900001, 100000009, '3,5', 119900001, 'Vergüllü', NULL, 1),
  (119900002, 100000009, 'NaN', 119900003, 'Say deyil', NULL, 1),
  (119900003, 100000009, '1e3', 119900002, NULL, 'Exponent', 1),
  (119900004, 100000009, ' QB ', NULL, 'Qayıb', NULL, 0),
  (119900005, 100000009, NULL, 119999999, NULL, NULL, NULL),
  (119900006, 100000009, U&'\00A09.5\00A0', NULL, '9.5', NULL, 1),
  (119900007, 100000009, 'qb', NULL, 'kiçik', NULL, 1),
  (119900008, 100000009, '93', NULL, 'yüzlük', NULL, 1),
  (119900009, 100000009, '-', NULL, '-', NULL, 1),
  -- a component's id that is a dictionary row too
  (241115334602618787, 100000009, 'KOMP', NULL, 'Mühazirə komponenti', NULL, 1);
INSERT INTO user_groups (id, name_az, parent_id, active)
VALUES (500000099, 'Öz-özünün valideyni', 500000099, 1);
