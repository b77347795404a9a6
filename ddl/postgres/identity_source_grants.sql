-- sync-tool: what the user of `sync-tool run` needs in the SOURCE database.
-- Run it after the source script, and in the target again after a restore.
-- By choice, given by an administrator: status and drain tell the age of the transaction that they wait for, and doctor sees those older than capture.
--     GRANT pg_read_all_stats TO "sync_tool";
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
DO $sync_tool$ BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), 'sync_tool');
END $sync_tool$;
GRANT SELECT ON "idn_identity_user_data" TO "sync_tool";
GRANT SELECT, UPDATE, DELETE ON "idn_identity_user_data_s" TO "sync_tool";
GRANT SELECT ON SEQUENCE "idn_identity_user_data_s_sync_id_seq" TO "sync_tool";
GRANT SELECT ON "idn_oauth2_access_token" TO "sync_tool";
GRANT SELECT, UPDATE, DELETE ON "idn_oauth2_access_token_s" TO "sync_tool";
GRANT SELECT ON SEQUENCE "idn_oauth2_access_token_s_sync_id_seq" TO "sync_tool";
GRANT SELECT ON "idn_oauth2_access_token_scope" TO "sync_tool";
GRANT SELECT, UPDATE, DELETE ON "idn_oauth2_access_token_scop_s" TO "sync_tool";
GRANT SELECT ON SEQUENCE "idn_oauth2_access_token_scop_s_sync_id_seq" TO "sync_tool";
GRANT SELECT ON "idn_oauth2_authorization_code" TO "sync_tool";
GRANT SELECT, UPDATE, DELETE ON "idn_oauth2_authorization_cod_s" TO "sync_tool";
GRANT SELECT ON SEQUENCE "idn_oauth2_authorization_cod_s_sync_id_seq" TO "sync_tool";
GRANT SELECT ON "idn_oauth_consumer_apps" TO "sync_tool";
COMMIT;
