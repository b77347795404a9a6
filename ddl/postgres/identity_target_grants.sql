-- sync-tool: what the user of `sync-tool run` needs in the TARGET database.
-- Run it after the target script, and in the target again after a restore.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
DO $sync_tool$ BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), 'sync_tool');
END $sync_tool$;
GRANT SELECT, INSERT, UPDATE, DELETE ON "idn_identity_user_data" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE ON "idn_identity_user_data_sv" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idn_oauth2_access_token" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE ON "idn_oauth2_access_token_sv" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idn_oauth2_access_token_scope" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE ON "idn_oauth2_access_token_sco_sv" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idn_oauth2_authorization_code" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE ON "idn_oauth2_authorization_co_sv" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE, DELETE ON "sync_dead_letters" TO "sync_tool";
GRANT SELECT, INSERT, UPDATE, DELETE ON "sync_state" TO "sync_tool";
GRANT SELECT ON "idn_oauth_consumer_apps" TO "sync_tool";
GRANT SELECT ON "idp" TO "sync_tool";
COMMIT;
