-- sync-tool: removal of checkpoints. Run it in the TARGET database (green), after the switch.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
SET lock_timeout = 2000;
DROP TABLE IF EXISTS "idn_identity_user_data_sv";
DROP TABLE IF EXISTS "idn_oauth2_access_token_sv";
DROP TABLE IF EXISTS "idn_oauth2_access_token_sco_sv";
DROP TABLE IF EXISTS "idn_oauth2_authorization_co_sv";
DROP TABLE IF EXISTS "sync_dead_letters";
DROP TABLE IF EXISTS "sync_state";
COMMIT;
