-- accounts: one per person, and a few second accounts that no user row refers to.
--
-- Clear texts of passwords are one of ten words, '!' and six digits, so that a search for
-- (Xezer|Gence|Sheki|Lenkeran|Qebele|Naxchivan|Ordubad|Zaqatala|Şuşa|Ağdam)![0-9]{6} finds each
-- of them wherever one leaks.

CREATE TABLE gen.account AS
SELECT n, n AS human, account_id AS id, false AS second FROM gen.human
UNION ALL
SELECT (SELECT count(*) FROM gen.human) + k, n,
       gen.id(gen.r('accounts.second', k), (SELECT count(*) FROM gen.human) + k,
              gen.ymd(day + 400)), true
FROM gen.human WHERE kind = 'SA' AND k < :second_account;

CREATE TABLE gen.mail AS
SELECT a.n, h.kind,
       lower(translate(trim(h.firstname) || '.' || trim(h.lastname),
                       'ƏŞİIĞÖÜÇ', 'ESIIGOUC')) || a.n
         || CASE WHEN a.n % 3 = 0 THEN '@gmail.com' ELSE '@bbu.edu.az' END AS plain,
       CASE WHEN h.kind <> 'PO' AND NOT a.second THEN row_number() OVER (
         PARTITION BY h.kind <> 'PO' AND NOT a.second ORDER BY gen.r('mail', a.n)) END AS rank,
       CASE WHEN h.kind = 'PO' THEN h.k + 1 END AS po
FROM gen.account a JOIN gen.human h ON h.n = a.human;

-- Ranks from the end are the donors whose address somebody else repeats.
ALTER TABLE gen.mail ADD email text;
UPDATE gen.mail m SET email = CASE
    WHEN rank <= :email_no_at THEN replace(plain, '@', '.')
    WHEN rank <= :email_no_at + :email_no_dot THEN split_part(plain, '@', 1) || '@bbu'
    WHEN rank <= :email_no_at + :email_no_dot + :email_empty THEN ''
    WHEN rank <= :email_no_at + :email_no_dot + :email_empty + :email_repeated_case
      THEN (SELECT initcap(d.plain) FROM gen.mail d
            WHERE d.rank = top.n - m.rank + :email_no_at + :email_no_dot + :email_empty)
    WHEN rank > top.n - :email_repeated_case - :email_repeated_exact THEN plain
    WHEN po <= :email_repeated_exact
      THEN (SELECT d.plain FROM gen.mail d WHERE d.rank = top.n - :email_repeated_case - m.po + 1)
    WHEN gen.r('mail.null', m.n) % 7 = 0 THEN NULL
    ELSE plain END
FROM (SELECT max(rank) AS n FROM gen.mail) AS top;

INSERT INTO accounts (id, person_id, username, password, lang_id, default_user_id, in_system,
  create_date, create_user_id, update_date, update_user_id, active, email, other_username,
  auth_type, fail_login_count, other_password)
SELECT a.id, a.person_id,
       CASE WHEN NOT a.second AND v % 10 < 7 THEN gen.pin(a.n)
            WHEN v % 200 = 9 THEN a.firstname || ' ' || a.n
            ELSE lower(translate(trim(a.lastname), 'ƏŞİIĞÖÜÇ', 'ESIIGOUC')) || '.' || a.n END,
       CASE WHEN pass <= :password_bcrypt
              THEN '$2b$12$' || left(translate(encode(decode(md5(v::text) || md5(a.n::text)
                || md5((v / 3)::text), 'hex'), 'base64'), E'+=\n', './'), 53)
            WHEN pass <= :password_bcrypt + :password_empty THEN CASE pass % 2 WHEN 0 THEN '' END
            WHEN pass <= :password_bcrypt + :password_empty + :password_garbage
              THEN (ARRAY['şifrə123', 'abc', 'c2Vjc*V0', 'parol yoxdur', 'YWJj=ZA='])[1 + pass % 5]
            ELSE encode(convert_to(gen.pick(ARRAY['Xezer', 'Gence', 'Sheki', 'Lenkeran', 'Qebele',
                'Naxchivan', 'Ordubad', 'Zaqatala', 'Şuşa', 'Ağdam'], v)
                || '!' || lpad((v / 16 % 1000000)::text, 6, '0'), 'UTF8'), 'base64') END,
       CASE WHEN v % 30 = 0 THEN 110000067 WHEN v % 30 = 1 THEN NULL ELSE 110000065 END,
       CASE WHEN a.second OR a.kind = 'PO' OR v % 40 = 0 THEN NULL
            WHEN a.human % 2 = 0 THEN coalesce(l2.id, l1.id) ELSE l1.id END,
       CASE WHEN v % 25 = 0 THEN 1 WHEN v % 25 < 20 THEN 0 END,
       CASE WHEN v % 307 = 0 THEN NULL ELSE gen.at(a.day, v) END, 100000000,
       CASE WHEN v % 2 = 0 THEN gen.at(a.day + 30, v / 2) END,
       CASE WHEN v % 2 = 0 THEN 100000000 END,
       CASE WHEN gone <= CASE WHEN idle THEN least(idle_n, :account_inactive / 2)
                              ELSE :account_inactive - least(idle_n, :account_inactive / 2) END
            THEN gen.gone(gone) ELSE 1 END,
       m.email, NULL, 1, CASE WHEN v % 12 = 0 THEN v / 12 % 5 ELSE 0 END, NULL
FROM (
  SELECT a.n, a.id, a.human, a.second, h.person_id, h.kind, h.firstname, h.lastname, h.day,
         gen.r('accounts.more', a.n) AS v,
         row_number() OVER (ORDER BY gen.r('accounts.password', a.n)) AS pass,
         a.second OR h.kind = 'PO' AS idle,
         :person_without_user + :second_account AS idle_n,
         row_number() OVER (PARTITION BY a.second OR h.kind = 'PO'
                            ORDER BY gen.r('accounts.gone', a.n)) AS gone
  FROM gen.account a JOIN gen.human h ON h.n = a.human) AS a
JOIN gen.mail m ON m.n = a.n
LEFT JOIN gen.login l1 ON l1.human = a.human AND l1.place = 1
LEFT JOIN gen.login l2 ON l2.human = a.human AND l2.place = 2
ORDER BY a.id;
