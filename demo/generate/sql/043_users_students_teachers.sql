-- users, students, teachers.

INSERT INTO users (id, account_id, organization_id, is_blocked, user_type, create_date,
  create_user_id, update_date, update_user_id, active, group_id, conversation_session, in_status,
  last_action_date, session_duration, access_ip_list, favorite_tab, level_id,
  subscription_end_date)
SELECT l.id, h.account_id,
       (SELECT id FROM gen.org WHERE n = 1 + l.h % 6),
       CASE WHEN l.h % 100 = 0 THEN 1 WHEN l.h % 100 < 3 THEN NULL ELSE 0 END,
       CASE WHEN l.n = 0 THEN 'SYSADMIN'
            WHEN l.kind = 'AD' THEN (ARRAY['ADMIN', 'ADMIN', 'OWNER', 'TYUTOR'])[1 + l.n % 4]
            WHEN l.kind IN ('TA', 'TI') THEN 'TEACHER' ELSE 'STUDENT' END,
       gen.at(l.day, l.h), 100000000,
       CASE WHEN l.h % 3 = 1 THEN gen.at(l.day + 60, l.h / 3) END,
       CASE WHEN l.h % 3 = 1 THEN 100000000 END,
       CASE WHEN gone <= CASE WHEN l.idle THEN :user_inactive - :user_inactive / 4
                              ELSE :user_inactive / 4 END THEN gen.gone(gone) ELSE 1 END,
       500000001 + CASE l.kind WHEN 'SA' THEN 0 WHEN 'SI' THEN 0 WHEN 'AD' THEN 2 ELSE 1 END,
       0, CASE WHEN l.h % 8 = 0 THEN 1 ELSE 0 END,
       CASE WHEN l.h % 20 = 0 THEN NULL
            ELSE gen.at('2024-09-01'::date + (l.h / 20 % 390)::integer, l.h / 11) END,
       60, NULL, NULL, CASE WHEN l.h % 4 = 0 THEN NULL ELSE 241217432406292880 END,
       CASE WHEN l.h % 33 = 0 THEN '31/12/2025' END
FROM (SELECT *, kind IN ('SI', 'TI') AS idle,
             row_number() OVER (PARTITION BY kind IN ('SI', 'TI')
                                ORDER BY gen.r('users.gone', n)) AS gone
      FROM gen.login) AS l
JOIN gen.human h ON h.n = l.human
ORDER BY l.id;

INSERT INTO students (id, person_id, user_id, org_id, in_order_id, yda_order_id, out_order_id,
  order_type_id, education_line_id, education_type_id, education_payment_type_id,
  education_lang_id, score, card_number, status, yearly_payment, payment_count, create_date,
  create_user_id, update_date, update_user_id, active)
SELECT s.id, s.person_id, s.user_id,
       (SELECT id FROM gen.org WHERE n = 31 + s.h % 29),
       o.id,
       CASE WHEN s.h % 25 = 0 THEN o2.id END,
       CASE WHEN s.kind = 'SI' AND s.h % 2 = 0 THEN o2.id END,
       CASE WHEN s.kind = 'SI' THEN 110000036 ELSE 110000035 END,
       CASE WHEN s.h % 60 = 0 THEN 110000106 ELSE 110000105 END,
       CASE WHEN s.h / 60 % 7 = 0 THEN 110000097 WHEN s.h / 60 % 211 = 1 THEN NULL
            ELSE 110000096 END,
       CASE WHEN s.h / 420 % 3 = 0 THEN 110000098 ELSE 110000099 END,
       CASE WHEN s.h / 1260 % 10 = 0 THEN 110000067 WHEN s.h / 1260 % 10 = 1 THEN 110000066
            ELSE 110000065 END,
       CASE WHEN score <= :score_null THEN NULL
            WHEN score <= :score_null + :score_text
              THEN (ARRAY['', '-', 'yox', '67O', 'abc'])[1 + score % 5]
            WHEN score <= :score_null + :score_text + :score_upto_4
              THEN (ARRAY['4', '3.5', '2', '3.75', '1.0'])[1 + score % 5]
            WHEN score <= :score_null + :score_text + :score_upto_4 + :score_upto_100
              THEN (5 + s.h / 64 % 95) || (ARRAY['', '.5', '.25'])[1 + s.h % 3]
            ELSE (101 + s.h / 64 % 599) || (ARRAY['', '', '.5'])[1 + s.h % 3] END,
       CASE WHEN card <= 2 * :card_pairs THEN 'BBU-' || 900000 + (card - 1) / 2
            WHEN s.h / 7 % 20 < 3 THEN 'BBU-' || 100000 + s.n
            WHEN s.h / 7 % 20 < 6 THEN '' END,
       110000193 + CASE WHEN s.kind = 'SI' THEN 1 + s.h % 2 ELSE 0 END,
       CASE WHEN s.h / 420 % 3 > 0 THEN (ARRAY['2500', '1800', '3000'])[1 + s.h % 3] END,
       CASE WHEN s.h / 420 % 3 > 0 THEN (s.h % 3)::text END,
       CASE WHEN s.h % 199 = 0 THEN NULL ELSE gen.at(s.day, s.h) END, 100000000,
       CASE WHEN s.h % 4 = 0 THEN gen.at(s.day + 200, s.h / 4) END,
       CASE WHEN s.h % 4 = 0 THEN 100000000 END,
       CASE s.kind WHEN 'SA' THEN 1 ELSE gen.gone(s.lost) END
FROM (SELECT *, row_number() OVER (ORDER BY gen.r('students.score', n)) AS score,
             CASE WHEN pool IS NOT NULL THEN row_number() OVER (
               PARTITION BY pool IS NOT NULL ORDER BY gen.r('students.card', n)) END AS card
      FROM gen.student) AS s
JOIN gen.ord o ON o.n = s.h / 3 % (:serial + :serial_repeat)
JOIN gen.ord o2 ON o2.n = s.h / 5 % (:serial + :serial_repeat)
ORDER BY s.id;

INSERT INTO teachers (id, person_id, user_id, in_action_id, in_action_date, out_action_id,
  out_action_date, organization_id, staff_type_id, position_id, contract_type_id, teaching,
  card_number, create_date, create_user_id, update_date, update_user_id, active)
SELECT t.id, t.person_id, t.user_id, NULL,
       CASE WHEN t.h % 40 = 0 THEN NULL WHEN t.h % 40 = 1 THEN ''
            ELSE gen.dmy(t.day - (t.h % 2000)::integer) END,
       NULL,
       CASE WHEN left_rank <= :teacher_left OR (left_rank IS NULL AND t.h % 3 = 0)
              THEN gen.dmy(t.day + 100 + (t.h % 500)::integer)
            WHEN t.h % 9 = 0 THEN '' END,
       (SELECT id FROM gen.org
        WHERE n = 9 + CASE WHEN unit <= :teacher_largest_unit THEN 0
                           ELSE 1 + (unit - :teacher_largest_unit - 1) % (:teacher_units - 1) END),
       110000128 + t.h / 5 % 2, 110000120 + t.h / 10 % 5, 110000125 + t.h / 50 % 3,
       CASE WHEN teach <= :teacher_not_teaching THEN CASE teach % 4 WHEN 0 THEN NULL ELSE 0 END
            ELSE 1 END,
       CASE WHEN t.h % 3 = 0 THEN 'M' || 1000 + t.n END,
       CASE WHEN t.h % 97 = 0 THEN NULL ELSE gen.at(t.day, t.h) END, 100000000,
       CASE WHEN t.h % 2 = 0 THEN gen.at(t.day + 120, t.h / 2) END,
       CASE WHEN t.h % 2 = 0 THEN 100000000 END,
       CASE t.kind WHEN 'TA' THEN 1 ELSE gen.gone(gone) END
FROM (SELECT *, row_number() OVER (ORDER BY gen.r('teachers.unit', n)) AS unit,
             row_number() OVER (ORDER BY gen.r('teachers.teach', n)) AS teach,
             row_number() OVER (PARTITION BY kind ORDER BY n) AS gone,
             CASE WHEN kind = 'TA' AND place = 1 THEN row_number() OVER (
               PARTITION BY kind = 'TA' AND place = 1 ORDER BY gen.r('teachers.left', n)) END
               AS left_rank
      FROM gen.teacher) AS t
ORDER BY t.id;
