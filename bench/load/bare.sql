-- Writes three scripts into the folder :out. strip.sql takes from :tables all that hangs on them but NOT NULL and
-- defaults: foreign keys (also of others that refer to them), keys, CHECKs, indexes, triggers. indexes.sql and
-- constraints.sql put exactly that back.
CREATE TEMPORARY TABLE bare AS
SELECT to_regclass(name)::oid AS oid FROM unnest(ARRAY[:tables]) AS name;

CREATE TEMPORARY TABLE keys AS
SELECT oid, contype, conrelid::regclass AS place, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS build
FROM pg_constraint
WHERE conrelid IN (SELECT oid FROM bare) OR confrelid IN (SELECT oid FROM bare);

CREATE TEMPORARY TABLE singles AS
SELECT i.indexrelid::regclass AS name, pg_get_indexdef(i.indexrelid) AS build
FROM pg_index i
WHERE i.indrelid IN (SELECT oid FROM bare)
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'));

CREATE TEMPORARY TABLE firing AS
SELECT tgrelid::regclass AS place, quote_ident(tgname) AS name, pg_get_triggerdef(oid) AS build
FROM pg_trigger
WHERE tgrelid IN (SELECT oid FROM bare) AND NOT tgisinternal;

\set file :out '/strip.sql'
\o :file
SELECT format('DROP TRIGGER %s ON %s;', name, place) FROM firing;
SELECT format('ALTER TABLE %s DROP CONSTRAINT %s;', place, name) FROM keys ORDER BY contype <> 'f';
SELECT format('DROP INDEX %s;', name) FROM singles;
\set file :out '/indexes.sql'
\o :file
SELECT build || ';' FROM keys WHERE contype IN ('p', 'u', 'x') ORDER BY contype, build;
SELECT build || ';' FROM singles ORDER BY build;
\set file :out '/constraints.sql'
\o :file
SELECT build || ';' FROM keys WHERE contype = 'c' ORDER BY build;
SELECT build || ';' FROM keys WHERE contype = 'f' ORDER BY build;
SELECT build || ';' FROM firing ORDER BY build;
\o
