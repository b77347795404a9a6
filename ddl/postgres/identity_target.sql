-- sync-tool: checkpoints. Run it in the TARGET database (green), before or after the restore; both do no harm.
-- It removes copies of the source's capture that a dump carried along, and makes the tables of sync-tool.
-- Tables: idn_identity_user_data, idn_oauth2_access_token, idn_oauth2_access_token_scope, idn_oauth2_authorization_code
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
SET lock_timeout = 2000;

-- Stops here in the source database: the next statements would end its capture.
DO $sync_tool$ BEGIN
  IF EXISTS (SELECT FROM pg_class c
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND lower(c.relname) IN ('idn_identity_user_data_s', 'idn_oauth2_access_token_s', 'idn_oauth2_access_token_scop_s', 'idn_oauth2_authorization_cod_s')
      AND obj_description(c.oid, 'pg_class') LIKE 'sync-tool journal % ' || md5((SELECT system_identifier FROM pg_control_system()) || '/' ||
  (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || coalesce(current_schema(), ''))) THEN
    RAISE EXCEPTION 'this script is for the target database, and this is the source';
  END IF;
END $sync_tool$;

-- Copy of the source's trigger idn_identity_user_data_it, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_identity_user_data_it" ON "idn_identity_user_data";
DROP FUNCTION IF EXISTS "idn_identity_user_data_it"();

-- Copy of the source's trigger idn_identity_user_data_ut, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_identity_user_data_ut" ON "idn_identity_user_data";
DROP FUNCTION IF EXISTS "idn_identity_user_data_ut"();

-- Copy of the source's trigger idn_identity_user_data_dt, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_identity_user_data_dt" ON "idn_identity_user_data";
DROP FUNCTION IF EXISTS "idn_identity_user_data_dt"();

-- Copy of the source's trigger idn_oauth2_access_token_it, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_access_token_it" ON "idn_oauth2_access_token";
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_it"();

-- Copy of the source's trigger idn_oauth2_access_token_ut, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_access_token_ut" ON "idn_oauth2_access_token";
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_ut"();

-- Copy of the source's trigger idn_oauth2_access_token_dt, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_access_token_dt" ON "idn_oauth2_access_token";
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_dt"();

-- Copy of the source's trigger idn_oauth2_access_token_sco_it, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_access_token_sco_it" ON "idn_oauth2_access_token_scope";
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_sco_it"();

-- Copy of the source's trigger idn_oauth2_access_token_sco_ut, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_access_token_sco_ut" ON "idn_oauth2_access_token_scope";
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_sco_ut"();

-- Copy of the source's trigger idn_oauth2_access_token_sco_dt, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_access_token_sco_dt" ON "idn_oauth2_access_token_scope";
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_sco_dt"();

-- Copy of the source's trigger idn_oauth2_authorization_co_it, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_authorization_co_it" ON "idn_oauth2_authorization_code";
DROP FUNCTION IF EXISTS "idn_oauth2_authorization_co_it"();

-- Copy of the source's trigger idn_oauth2_authorization_co_ut, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_authorization_co_ut" ON "idn_oauth2_authorization_code";
DROP FUNCTION IF EXISTS "idn_oauth2_authorization_co_ut"();

-- Copy of the source's trigger idn_oauth2_authorization_co_dt, if the dump carried one along.
DROP TRIGGER IF EXISTS "idn_oauth2_authorization_co_dt" ON "idn_oauth2_authorization_code";
DROP FUNCTION IF EXISTS "idn_oauth2_authorization_co_dt"();

-- Copy of the source's function idn_identity_user_data_it, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_identity_user_data_it"();

-- Copy of the source's function idn_identity_user_data_ut, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_identity_user_data_ut"();

-- Copy of the source's function idn_identity_user_data_dt, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_identity_user_data_dt"();

-- Copy of the source's function idn_oauth2_access_token_it, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_it"();

-- Copy of the source's function idn_oauth2_access_token_ut, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_ut"();

-- Copy of the source's function idn_oauth2_access_token_dt, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_dt"();

-- Copy of the source's function idn_oauth2_access_token_sco_it, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_sco_it"();

-- Copy of the source's function idn_oauth2_access_token_sco_ut, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_sco_ut"();

-- Copy of the source's function idn_oauth2_access_token_sco_dt, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_access_token_sco_dt"();

-- Copy of the source's function idn_oauth2_authorization_co_it, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_authorization_co_it"();

-- Copy of the source's function idn_oauth2_authorization_co_ut, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_authorization_co_ut"();

-- Copy of the source's function idn_oauth2_authorization_co_dt, if the dump carried one along.
DROP FUNCTION IF EXISTS "idn_oauth2_authorization_co_dt"();

-- Copy of the source's journal idn_identity_user_data_s, if the dump carried one along.
DROP TABLE IF EXISTS "idn_identity_user_data_s";

-- Copy of the source's journal idn_oauth2_access_token_s, if the dump carried one along.
DROP TABLE IF EXISTS "idn_oauth2_access_token_s";

-- Copy of the source's journal idn_oauth2_access_token_scop_s, if the dump carried one along.
DROP TABLE IF EXISTS "idn_oauth2_access_token_scop_s";

-- Copy of the source's journal idn_oauth2_authorization_cod_s, if the dump carried one along.
DROP TABLE IF EXISTS "idn_oauth2_authorization_cod_s";

-- idn_identity_user_data: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS "idn_identity_user_data_sv" (
  lane integer NOT NULL PRIMARY KEY,
  sync_id bigint NOT NULL,
  journal_id varchar(64) NOT NULL,
  digest varchar(64) NOT NULL,
  updated_at timestamp NOT NULL
);

-- idn_oauth2_access_token: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS "idn_oauth2_access_token_sv" (
  lane integer NOT NULL PRIMARY KEY,
  sync_id bigint NOT NULL,
  journal_id varchar(64) NOT NULL,
  digest varchar(64) NOT NULL,
  updated_at timestamp NOT NULL
);

-- idn_oauth2_access_token_scope: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS "idn_oauth2_access_token_sco_sv" (
  lane integer NOT NULL PRIMARY KEY,
  sync_id bigint NOT NULL,
  journal_id varchar(64) NOT NULL,
  digest varchar(64) NOT NULL,
  updated_at timestamp NOT NULL
);

-- idn_oauth2_authorization_code: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS "idn_oauth2_authorization_co_sv" (
  lane integer NOT NULL PRIMARY KEY,
  sync_id bigint NOT NULL,
  journal_id varchar(64) NOT NULL,
  digest varchar(64) NOT NULL,
  updated_at timestamp NOT NULL
);

-- Changes that the target refuses are noted here, with the reason and without their values.
CREATE TABLE IF NOT EXISTS "sync_dead_letters" (
  table_name varchar(128) NOT NULL,
  row_key varchar(2000) NOT NULL,
  row_key_digest varchar(64) NOT NULL,
  sync_id bigint NOT NULL,
  reason varchar(1000) NOT NULL,
  code varchar(32) NOT NULL,
  attempts integer NOT NULL,
  first_seen varchar(32) NOT NULL,
  last_tried varchar(32),
  PRIMARY KEY (table_name, row_key_digest)
);

-- What the commands remember for each other, a line for each thing: no value of a row.
CREATE TABLE IF NOT EXISTS "sync_state" (
  name varchar(700) NOT NULL PRIMARY KEY,
  value varchar(4000) NOT NULL,
  updated_at timestamp NOT NULL
);
COMMIT;
