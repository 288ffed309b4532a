-- People as nothing in edu prevents them. Row k of the list becomes person, account, user row and
-- student <base> + k each; a NULL in the list is a NULL in the data. All ids of the nasty rows
-- begin with 9901, which no generated id does. U& strings: \00A0 is NBSP, \0307 a combining dot.

\set base 990100000000000000

CREATE TEMP TABLE nasty (
  k integer PRIMARY KEY, username text, email text, password text, birthdate text, firstname text,
  card text, score text
);
INSERT INTO nasty VALUES
  -- usernames: equal, equal after trimming, by case, too short, empty, shaped like a fallback
  (1, 'Zəhra', 'ayla@bbu.edu.az', '$2a$10$abcdefghijklmnopqrstuv', '30/02/2001', 'ZƏHRA', 'K-1', '675'),
  (2, 'Zəhra', 'ayla@bbu.edu.az', '$2y$05$short', '2001-02-03', 'ZƏHRA', 'K-1', '4'),
  (3, 'Zəhra  ', 'AYLA@BBU.EDU.AZ', 'YQBi', '1/1/01', 'ZƏHRA ', ' K-1', '3,5'),
  (4, U&'\00A0Zəhra', ' ayla@bbu.edu.az ', '//79', U&'\00A003/02/2001\00A0', U&'\00A0ZƏHRA', 'K-1 ', 'abc'),
  (5, 'ZƏHRA', U&'ayla@bbu.edu.az\00A0', 'YWJ=', '3/2/2001', 'zəhra', 'k-1', 'NaN'),
  (6, 'ab', 'a@b', 'YWI', '2001-2-3', 'A', 'K-2', '1e3'),
  (7, '', '', '', '', '', '', ''),
  (8, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (9, 'acc_' || :base + 10, 'acc_' || :base + 10 || '@temp.bbu.edu.az', ' YWJj ', '29/02/2000', 'FALLBACK', 'STU' || :base + 10, '-5'),
  (10, NULL, NULL, 'YWJj', '29/02/1900', 'CLAIMANT', NULL, '+7'),
  (11, 'user_' || :base + 12, 'user_' || :base + 12 || '@temp.bbu.edu.az', E'YWJj\nZGVm', '01/01/1899', 'FALLBACK', 'STU1', ' 4 '),
  (12, NULL, 'a@b@c.d', '====', '31/12/2100', 'X', 'stu' || :base + 10, '5.'),
  (13, 'ACC_7', 'a b@c.d', '    ', '01/01/2101', 'X', 'ACC_7', '.5'),
  (14, 'acc_7', 'ə@bbu.edu.az', 'a-_b', '2001-02-30', 'X', U&'STU\00A01', '0x10'),
  -- i with and without dot, composed and decomposed
  (15, 'İlham', U&'\212Aelvin@bbu.edu.az', 'xYTGjw==', ' ', 'İLHAM', NULL, '9999999999999999999999.5'),
  (16, U&'I\0307lham', 'kelvin@bbu.edu.az', 'w6nDqQ==', '03.02.2001', U&'I\0307LHAM', NULL, '4.0000000001'),
  (17, 'ilham', 'Kelvin@bbu.edu.az', 'YWJjZA', '03/02/2001 ', U&'i\0307lham', NULL, '0'),
  (18, 'ılham', 'a@.az', 'YWJj!', '03/02/2001x', 'ILHAM', NULL, '100'),
  (19, U&'S\0327əfəq', 'a@b.', 'AAAA', '３/2/2001', U&'S\0327\018FFI\0307Q\018F', NULL, '100.01'),
  (20, 'Şəfəq', '@', 'c8SxZnLJmQ==', '00/01/2001', 'ŞƏFİQƏ', NULL, '-'),
  -- marks that do not show, bytes that COPY and JSON must quote
  (21, U&'\200Frtl', U&'\200Ertl@bbu.edu.az', repeat('YWJj', 40), '32/01/2001', U&'\202EŞƏR\202C', NULL, 'Infinity'),
  (22, U&'zwj\200D', 'rtl@bbu.edu.az', '8J+YgA==', '31/04/2001', U&'Z\0335\0336\0337\0338A', NULL, '１２'),
  (23, E'tab\there', E'new\nline@b.az', E'\tYWJj', E'03/02/2001\n', E'A\tB\nC\\D', E'\\N', E'\\N'),
  (24, E'\\.', E'"q"@b.az', 'eA==', '\x', 'O''BRİEN "X" {az}', '{}', '1/2'),
  (25, 'NULL', 'null@b.az', 'TlVMTA==', 'NULL', 'NULL', 'NULL', 'NULL'),
  (26, U&'\+01F600\+01F600\+01F600', U&'\+01F600@b.az', '8J+YgPCfmIA=', '01/13/2001', U&'\+01F600', NULL, '5e-1'),
  (27, '   ', '   ', 'IA==', U&'\00A0', '   ', '   ', '   '),
  (28, U&'\00A0\00A0', U&'\00A0', 'wqA=', '1/1/1', U&'\00A0', U&'\00A0', U&'\00A0'),
  (29, 'exchange.one', 'one@b.az', 'b25l', '01/02/2003', 'BİRİNCİ', NULL, '300'),
  (30, 'exchange.two', 'two@b.az', 'dHdv', '02/02/2003', 'İKİNCİ', NULL, '301');

INSERT INTO persons (id, firstname, lastname, patronymic, gender_id, pincode, birthdate,
                     nationality_id, create_date, active)
SELECT :base + k, firstname, 'NASTY ' || k, NULL,
       (ARRAY[1, 2, 110000003, 110000004, 99, NULL, 0])[1 + k % 7], upper(left(firstname, 7)),
       birthdate, CASE WHEN k % 3 = 0 THEN 110000070 WHEN k % 3 = 1 THEN 119999999 END,
       timestamptz '2025-08-01 23:30:00.000001+04', 1
FROM nasty ORDER BY k;

-- 29 and 30 have exchanged their accounts: the account of one is the other's.
INSERT INTO accounts (id, person_id, username, password, default_user_id, create_date, active,
                      email)
SELECT :base + k, :base + CASE k WHEN 29 THEN 30 WHEN 30 THEN 29 ELSE k END, username, password,
       -- its own user row, another account's, one that is not there
       CASE WHEN k % 4 = 1 THEN :base + k WHEN k % 4 = 2 THEN :base + k - 1
            WHEN k % 4 = 3 THEN :base + 99999 END,
       timestamptz '2025-08-01 23:59:59.999999+04', 1, email
FROM nasty ORDER BY k;

INSERT INTO users (id, account_id, is_blocked, user_type, create_date, active, last_action_date)
SELECT :base + k, :base + k, (ARRAY[0, 0, 0, 1, NULL, 2])[1 + k % 6],
       (ARRAY['STUDENT', 'STUDENT', ' STUDENT ', '', 'TYUTOR', NULL])[1 + k % 6],
       timestamptz '2025-08-01 00:00:00+04', 1, timestamptz '2025-09-01 12:00+04' + k * interval '1 s'
FROM nasty ORDER BY k;

INSERT INTO students (id, person_id, user_id, education_type_id, education_payment_type_id, score,
                      card_number, create_date, active)
SELECT :base + k, :base + k, :base + k, (ARRAY[110000096, 110000097, 1, NULL])[1 + k % 4],
       110000098 + k % 3, score, card, timestamptz '2025-08-01 23:59:59.999999+04', 1
FROM nasty ORDER BY k;
