-- Tables that no load mapped, in their counts where section 4 gives one; notifications at a
-- hundredth and logs at a thousandth, since they would be 98 % of the volume.

INSERT INTO course_execises (id, course_id, active, create_date)
SELECT gen.id(x.h, x.n, gen.ymd(c.start)), c.id, 1, gen.at(c.start, x.h)
FROM (SELECT n, gen.r('execises', n) AS h FROM generate_series(0::bigint, :execise - 1) AS n) AS x
JOIN gen.course c ON c.n = x.h % (SELECT count(*) FROM gen.course)
ORDER BY 1;

ALTER TABLE course_execises_student DROP CONSTRAINT course_execises_student_pkey;
INSERT INTO course_execises_student (id, course_execises_id, student_id, active, create_date)
SELECT gen.id(x.h, x.n, 230301), gen.id(gen.r('execises', x.h % :execise), x.h % :execise, gen.ymd(c.start)),
       s.id, 1, gen.at(c.start, x.h)
FROM (SELECT n, gen.r('execise.students', n) AS h
      FROM generate_series(0::bigint, :execise_student - 1) AS n) AS x
JOIN gen.course c ON c.n = gen.r('execises', x.h % :execise) % (SELECT count(*) FROM gen.course)
JOIN gen.student s ON s.n = x.h / 7 % (SELECT count(*) FROM gen.student)
ORDER BY x.n;
ALTER TABLE course_execises_student ADD PRIMARY KEY (id);

INSERT INTO student_transcript (id, student_id, course_id, fullname, subject_name, credit,
                                end_point, semester, type, active, create_date)
SELECT gen.id(x.h, x.n, 230701), s.id, c.id, hu.lastname || ' ' || hu.firstname,
       CASE WHEN x.h % 2 = 0 THEN c.code END, '6',
       CASE WHEN x.n >= :transcript_course THEN (x.h % 50 + 51)::text END, (1 + x.h % 8)::text,
       CASE WHEN x.n < :transcript_course THEN 'COURSE' ELSE 'PLAN' END, 1,
       gen.at('2023-07-01', x.h)
FROM (SELECT n, gen.r('transcripts', n) AS h
      FROM generate_series(0::bigint, :transcript_course + :transcript_other - 1) AS n) AS x
JOIN gen.student s ON s.n = x.h % (SELECT count(*) FROM gen.student)
JOIN gen.human hu ON hu.n = s.human
JOIN gen.course c ON c.n = x.h / 9 % (SELECT count(*) FROM gen.course)
ORDER BY 1;

INSERT INTO course_evaluation (id, course_id, active)
SELECT gen.id(gen.r('evaluations', x.n), x.n, 230115), c.id, 1
FROM generate_series(0::bigint, :course_evaluation - 1) AS x (n)
JOIN gen.course c ON c.n = gen.r('evaluations.course', x.n) % (SELECT count(*) FROM gen.course)
ORDER BY 1;

INSERT INTO course_teacher_evaluation (id, course_teacher_id, student_id, active)
SELECT gen.id(gen.r('ratings', x.n), x.n, 230120), NULL, s.id, 1
FROM generate_series(0::bigint, :teacher_evaluation - 1) AS x (n)
JOIN gen.student s ON s.n = gen.r('ratings', x.n) % (SELECT count(*) FROM gen.student)
ORDER BY 1;

INSERT INTO course_teacher_eva_question_rating (id, course_teacher_evaluation_id, rating, active)
SELECT gen.id(h, n, 230121),
       gen.id(gen.r('ratings', n % :teacher_evaluation), n % :teacher_evaluation, 230120),
       1 + h % 5, 1
FROM (SELECT n, gen.r('questions', n) AS h
      FROM generate_series(0::bigint, :question_rating - 1) AS n) AS q
ORDER BY 1;

INSERT INTO teacher_request (id, course_id, status, reason, request_date, create_user_id,
                             create_date, active)
SELECT gen.id(x.h, x.n, 230310), c.id, 100000197 + x.h % 3, 'Jurnalın açılması', '10/03/2023',
       100000000, gen.at('2023-03-10', x.h), 1
FROM (SELECT n, gen.r('requests', n) AS h
      FROM generate_series(0::bigint, :teacher_request - 1) AS n) AS x
JOIN gen.course c ON c.n = x.h / 3 % (SELECT count(*) FROM gen.course)
ORDER BY 1;

INSERT INTO resources (id, name, active)
SELECT gen.id(gen.r('resources', n), n, 220410), 'Dərslik № ' || n, 1
FROM generate_series(0::bigint, :resource - 1) AS n
ORDER BY 1;

INSERT INTO resource_request (id, resource_edition_id, user_id, person_id, reservation_date,
                              request_code, status, active, create_date)
SELECT gen.id(x.h, x.n, 230402), x.h % 1000, NULL, hu.person_id, '02/04/2023', 'R' || x.n,
       (ARRAY[110000376, 110000377, 110000378, 110000382])[1 + x.h % 4], 1,
       gen.at('2023-04-02', x.h)
FROM (SELECT n, gen.r('resource.requests', n) AS h
      FROM generate_series(0::bigint, :resource_request - 1) AS n) AS x
JOIN gen.human hu ON hu.n = x.h / 4 % (SELECT count(*) FROM gen.human)
ORDER BY 1;

INSERT INTO notifications (id, title, body, active, create_date)
SELECT gen.id(gen.r('notifications', n), n, 240101), 'Bildiriş ' || n, 'Yeni qiymət yazılıb', 1,
       gen.at('2024-01-01', gen.r('notifications', n))
FROM generate_series(0::bigint, (3813 * :scale::numeric)::bigint) AS n
ORDER BY 1;
INSERT INTO notification_to (id, notification_id, user_id, active)
SELECT gen.id(x.h, x.n, 240101),
       gen.id(gen.r('notifications', x.h % ((3813 * :scale::numeric)::bigint + 1)),
              x.h % ((3813 * :scale::numeric)::bigint + 1), 240101), s.user_id, 1
FROM (SELECT n, gen.r('notified', n) AS h
      FROM generate_series(0::bigint, (17240 * :scale::numeric)::bigint) AS n) AS x
JOIN gen.student s ON s.n = x.h / 4 % (SELECT count(*) FROM gen.student)
ORDER BY 1;

-- Logs and copies. Nobody reads them; what matters is that they have no key and keep growing.
INSERT INTO error_transaction (id, user_id, url, params, error_text, create_date)
SELECT n, 100000000, '/bbu/course/list', '{}', 'java.lang.NullPointerException',
       gen.at('2024-05-01', gen.r('errors', n))
FROM generate_series(1::bigint, (27000 * :scale::numeric)::bigint + 2) AS n;
INSERT INTO common_action_log (id, user_id, table_name, row_id, action, create_date)
SELECT n, 100000000, 'journal_details', n, 'UPDATE', gen.at('2024-05-01', gen.r('actions', n))
FROM generate_series(1::bigint, (4400 * :scale::numeric)::bigint + 2) AS n;
INSERT INTO action_logs (id, user_id, action, create_date)
SELECT n, 100000000, 'login', gen.at('2024-05-01', gen.r('logins', n))
FROM generate_series(1::bigint, (7300 * :scale::numeric)::bigint + 2) AS n;
INSERT INTO user_enter_logs (id, user_id, ip, enter_date)
SELECT n, 100000000, '10.0.0.' || n % 250, gen.at('2024-05-01', gen.r('enters', n))
FROM generate_series(1::bigint, (1300 * :scale::numeric)::bigint + 2) AS n;
INSERT INTO a_students SELECT * FROM students WHERE id % 10 = 3 ORDER BY id;
INSERT INTO a_students_bak SELECT * FROM a_students ORDER BY id;
INSERT INTO a_teachers SELECT * FROM teachers WHERE id % 2 = 1 ORDER BY id;
INSERT INTO a_teachers2 SELECT * FROM a_teachers ORDER BY id;
INSERT INTO excel_teacher
SELECT firstname, lastname, patronymic, gen.pin(n) FROM gen.human WHERE kind = 'TA' ORDER BY n;
