-- orders. A serial may be repeated (236 of 629); the newest order of a serial is the one that the
-- one-shot kept. gen.ord is also what students and assignments choose from.

CREATE TABLE gen.ord AS
WITH o AS (
  SELECT n, gen.r('orders', n) AS h, gen.day(gen.r('orders.day', n)) AS day,
         CASE WHEN n < :serial THEN n
              WHEN n < :serial + :serial_repeat
                THEN (n - :serial) % greatest(:serial / 4, 1)
              ELSE n END AS serial_n,
         n < :serial + :serial_repeat AS live
  FROM generate_series(0::bigint, :serial + :serial_repeat + :order_inactive - 1) AS n)
SELECT n, h, day, serial_n, live, gen.id(h, n, gen.ymd(day)) AS id,
       gen.at(day, gen.r('orders.at', n)) AS at,
       live AND row_number() OVER (PARTITION BY live, serial_n ORDER BY
         gen.at(day, gen.r('orders.at', n)) DESC, n) = 1 AS newest
FROM o;

INSERT INTO orders (id, type_id, serial, order_date, status, note, form_id, edu_level_id, file_id,
                    active, create_date, create_user_id)
SELECT id, CASE WHEN h % 10 < 6 THEN 110000035 WHEN h % 10 < 9 THEN 110000036 ELSE 110000037 END,
       CASE WHEN NOT live AND n % 4 = 0 THEN NULL
            WHEN serial_n % 4 = 0 THEN 'BBU' || 2019 + serial_n % 6 || 'MAG' || serial_n
            WHEN serial_n % 4 = 1 THEN serial_n::text
            WHEN serial_n % 4 = 2 THEN serial_n || '/T'
            ELSE 'Ə – ' || serial_n || ' ' END,
       CASE WHEN h % 50 = 0 THEN NULL WHEN h % 50 = 1 THEN '' ELSE gen.dmy(day) END,
       110000057 + (h / 7) % 4,
       CASE WHEN h % 5 = 0 THEN 'Qəbul komissiyasının qərarı № ' || n END,
       NULL, 110000101 + (h / 11) % 2, NULL,
       CASE WHEN live THEN 1 ELSE gen.gone(n) END, at, 100000000
FROM gen.ord
ORDER BY id;
