-- sync-tool: what the user of `sync-tool run` needs in the SOURCE database.
-- Run it after the source script, and in the target again after a restore.
-- By choice, given by an administrator: a run, status and drain name the transaction that they wait for, doctor those older than capture.
--     GRANT PROCESS ON *.* TO 'sync_tool'@'%';
-- By choice, given by an administrator: MySQL 8 and newer: the same by who has the journals open, so that no statement on other tables is waited for.
--     GRANT SELECT ON performance_schema.* TO 'sync_tool'@'%';
-- By choice, given by an administrator: MySQL: a server that applies another one's changes is found out, which captures nothing of them.
--     GRANT REPLICATION CLIENT ON *.* TO 'sync_tool'@'%';
DELIMITER //
GRANT SELECT, TRIGGER ON `IDN_IDENTITY_USER_DATA` TO 'sync_tool'@'%'//
GRANT SELECT, UPDATE, DELETE ON `IDN_IDENTITY_USER_DATA_S` TO 'sync_tool'@'%'//
GRANT SELECT, TRIGGER ON `IDN_OAUTH2_ACCESS_TOKEN` TO 'sync_tool'@'%'//
GRANT SELECT, UPDATE, DELETE ON `IDN_OAUTH2_ACCESS_TOKEN_S` TO 'sync_tool'@'%'//
GRANT SELECT, TRIGGER ON `IDN_OAUTH2_ACCESS_TOKEN_SCOPE` TO 'sync_tool'@'%'//
GRANT SELECT, UPDATE, DELETE ON `IDN_OAUTH2_ACCESS_TOKEN_SCOP_S` TO 'sync_tool'@'%'//
GRANT SELECT, TRIGGER ON `IDN_OAUTH2_AUTHORIZATION_CODE` TO 'sync_tool'@'%'//
GRANT SELECT, UPDATE, DELETE ON `IDN_OAUTH2_AUTHORIZATION_COD_S` TO 'sync_tool'@'%'//
GRANT SELECT ON `IDN_OAUTH_CONSUMER_APPS` TO 'sync_tool'@'%'//
GRANT TRIGGER ON `IDN_OAUTH_CONSUMER_APPS` TO 'sync_tool'@'%'//
GRANT TRIGGER ON `IDN_OAUTH2_ACCESS_TOKEN` TO 'sync_tool'@'%'//
DELIMITER ;
