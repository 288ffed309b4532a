-- Sources of variety. Nothing here is random: every value is a hash of (seed, label, row number),
-- so the same seed gives the same bytes. psql's variable `seed` is put into the functions' text,
-- because only a constant lets the planner inline them.

SELECT format($f$
  CREATE FUNCTION gen.r(label text, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  RETURN hashint8extended(n, hashtextextended(label, %s::bigint)) & 9223372036854775807
$f$, :seed) \gexec

-- An id in one of the forms of the legacy database; h is a hash, n the number of the row in its
-- table, ymd the day of creation as YYMMDD. 93 % have 18 digits, 5 % 19, 1 % are 19 digits that
-- are no date, 1 % have day 00. The last seven digits are a permutation of n, which alone makes
-- the id unique in its table.
SELECT format($f$
  CREATE FUNCTION gen.id(h bigint, n bigint, ymd integer) RETURNS bigint IMMUTABLE LANGUAGE sql
  RETURN (CASE WHEN h %% 1000 < 930 THEN ymd::bigint * 100000 + (h / 1000) %% 60 * 1000
                                        + (h / 60000) %% 60 * 10
               WHEN h %% 1000 < 980 THEN ymd::bigint * 1000000 + (h / 1000) %% 60 * 10000
                                        + (h / 60000) %% 60 * 100 + (h / 3600000) %% 10
               WHEN h %% 1000 < 990 THEN (26 + (h / 1000) %% 3) * 10000000000
                                        + (13 + (h / 3000) %% 32) * 100000000
                                        + (32 + (h / 96000) %% 68) * 1000000
                                        + (h / 6528000) %% 1000000
               ELSE ymd::bigint / 100 * 10000000 + (h / 1000) %% 60 * 1000
                    + (h / 60000) %% 60 * 10
          END) * 10000000 + (n * 7654321 + %s) %% 10000000
$f$, (hashint8extended(0, :seed) & 9999999)) \gexec

CREATE FUNCTION gen.pick(words text[], h bigint) RETURNS text IMMUTABLE LANGUAGE sql
RETURN words[1 + h % cardinality(words)];

CREATE FUNCTION gen.ymd(d date) RETURNS integer STABLE LANGUAGE sql
RETURN to_char(d, 'YYMMDD')::integer;

CREATE FUNCTION gen.dmy(d date) RETURNS text STABLE LANGUAGE sql
RETURN to_char(d, 'DD/MM/YYYY');

-- A day of the years in which the legacy system was used; half of all rows came with its first
-- bulk load in the spring of 2022.
CREATE FUNCTION gen.day(h bigint) RETURNS date IMMUTABLE LANGUAGE sql
RETURN CASE WHEN h % 2 = 0 THEN date '2022-02-01' + ((h / 2) % 60)::integer
            ELSE date '2021-10-01' + ((h / 2) % 1250)::integer END;

-- A moment of that day in Baku, to the microsecond; some fall into the hours around midnight.
CREATE FUNCTION gen.at(d date, h bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql
RETURN (d + (h % 86400000000) * interval '1 microsecond') AT TIME ZONE interval '4 hours';

-- What the audit columns of a row that is not active hold: mostly 0, a tenth NULL.
CREATE FUNCTION gen.gone(n bigint) RETURNS smallint IMMUTABLE LANGUAGE sql
RETURN CASE WHEN n % 10 = 1 THEN NULL ELSE 0::smallint END;

-- Personal identification code of the shape 5AB3CD7, one per number.
CREATE FUNCTION gen.pin(n bigint) RETURNS text IMMUTABLE LANGUAGE sql
RETURN 1 + n % 7
  || substr('ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + ((n * 7654321) % 24)::integer, 1)
  || substr('ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + ((n * 7654321 / 24) % 24)::integer, 1)
  || (n * 7654321 / 576) % 10
  || substr('ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + ((n * 7654321 / 5760) % 24)::integer, 1)
  || substr('ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + ((n * 7654321 / 138240) % 24)::integer, 1)
  || (n * 7654321 / 3317760) % 10;
