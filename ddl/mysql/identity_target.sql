-- sync-tool: checkpoints. Run it in the TARGET database (green), before or after the restore; both do no harm.
-- It removes copies of the source's capture that a dump carried along, and makes the tables of sync-tool.
-- Tables: IDN_IDENTITY_USER_DATA, IDN_OAUTH2_ACCESS_TOKEN, IDN_OAUTH2_ACCESS_TOKEN_SCOPE, IDN_OAUTH2_AUTHORIZATION_CODE
DELIMITER //
SET SESSION lock_wait_timeout = 2//
SET SESSION innodb_lock_wait_timeout = 2//
SET NAMES utf8mb4//
SET SESSION sql_mode = ''//

-- Stops here in the source database: the next statements would end its capture.
SET @sync_tool_sql = IF(EXISTS (SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND UPPER(TABLE_NAME) IN ('IDN_IDENTITY_USER_DATA_S', 'IDN_OAUTH2_ACCESS_TOKEN_S', 'IDN_OAUTH2_ACCESS_TOKEN_SCOP_S', 'IDN_OAUTH2_AUTHORIZATION_COD_S') AND TABLE_COMMENT LIKE CONCAT('sync-tool journal % ', SHA2(CONCAT(@@hostname, ':', @@port, ':', @@datadir, '/', DATABASE()), 256))), 'SELECT this_script_is_for_the_target_and_this_is_the_source', 'DO 0')//
PREPARE sync_tool_statement FROM @sync_tool_sql//
EXECUTE sync_tool_statement//
DEALLOCATE PREPARE sync_tool_statement//

-- Copy of the source's trigger IDN_IDENTITY_USER_DATA_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_IDENTITY_USER_DATA_IT`//

-- Copy of the source's trigger IDN_IDENTITY_USER_DATA_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_IDENTITY_USER_DATA_UT`//

-- Copy of the source's trigger IDN_IDENTITY_USER_DATA_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_IDENTITY_USER_DATA_DT`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_IT`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_UT`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_DT`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_FK1, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_FK1`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_FK2, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_FK2`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SCO_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SCO_IT`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SCO_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SCO_UT`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SCO_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SCO_DT`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SC_FK1, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SC_FK1`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SC_FK2, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SC_FK2`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SC_FK3, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SC_FK3`//

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SC_FK4, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SC_FK4`//

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_CO_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_AUTHORIZATION_CO_IT`//

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_CO_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_AUTHORIZATION_CO_UT`//

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_CO_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_AUTHORIZATION_CO_DT`//

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_C_FK1, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_AUTHORIZATION_C_FK1`//

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_C_FK2, if the dump carried one along.
DROP TRIGGER IF EXISTS `IDN_OAUTH2_AUTHORIZATION_C_FK2`//

-- Copy of the source's journal IDN_IDENTITY_USER_DATA_S, if the dump carried one along.
DROP TABLE IF EXISTS `IDN_IDENTITY_USER_DATA_S`//

-- Copy of the source's journal IDN_OAUTH2_ACCESS_TOKEN_S, if the dump carried one along.
DROP TABLE IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_S`//

-- Copy of the source's journal IDN_OAUTH2_ACCESS_TOKEN_SCOP_S, if the dump carried one along.
DROP TABLE IF EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SCOP_S`//

-- Copy of the source's journal IDN_OAUTH2_AUTHORIZATION_COD_S, if the dump carried one along.
DROP TABLE IF EXISTS `IDN_OAUTH2_AUTHORIZATION_COD_S`//

-- IDN_IDENTITY_USER_DATA: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS `IDN_IDENTITY_USER_DATA_SV` (
  LANE INT NOT NULL PRIMARY KEY,
  SYNC_ID BIGINT NOT NULL,
  JOURNAL_ID VARCHAR(64) NOT NULL,
  DIGEST VARCHAR(64) NOT NULL,
  UPDATED_AT DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin//

-- IDN_OAUTH2_ACCESS_TOKEN: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SV` (
  LANE INT NOT NULL PRIMARY KEY,
  SYNC_ID BIGINT NOT NULL,
  JOURNAL_ID VARCHAR(64) NOT NULL,
  DIGEST VARCHAR(64) NOT NULL,
  UPDATED_AT DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin//

-- IDN_OAUTH2_ACCESS_TOKEN_SCOPE: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS `IDN_OAUTH2_ACCESS_TOKEN_SCO_SV` (
  LANE INT NOT NULL PRIMARY KEY,
  SYNC_ID BIGINT NOT NULL,
  JOURNAL_ID VARCHAR(64) NOT NULL,
  DIGEST VARCHAR(64) NOT NULL,
  UPDATED_AT DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin//

-- IDN_OAUTH2_AUTHORIZATION_CODE: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
CREATE TABLE IF NOT EXISTS `IDN_OAUTH2_AUTHORIZATION_CO_SV` (
  LANE INT NOT NULL PRIMARY KEY,
  SYNC_ID BIGINT NOT NULL,
  JOURNAL_ID VARCHAR(64) NOT NULL,
  DIGEST VARCHAR(64) NOT NULL,
  UPDATED_AT DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin//

-- Changes that the target refuses are noted here, with the reason and without their values.
CREATE TABLE IF NOT EXISTS `SYNC_DEAD_LETTERS` (
  TABLE_NAME VARCHAR(128) NOT NULL,
  ROW_KEY VARCHAR(2000) NOT NULL,
  ROW_KEY_DIGEST VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  SYNC_ID BIGINT NOT NULL,
  REASON VARCHAR(1000) NOT NULL,
  CODE VARCHAR(32) NOT NULL,
  ATTEMPTS INT NOT NULL,
  FIRST_SEEN VARCHAR(32) NOT NULL,
  LAST_TRIED VARCHAR(32) NULL,
  PRIMARY KEY (TABLE_NAME, ROW_KEY_DIGEST)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin//

-- What the commands remember for each other, a line for each thing: no value of a row.
CREATE TABLE IF NOT EXISTS `SYNC_STATE` (
  NAME VARCHAR(700) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  VALUE VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  UPDATED_AT DATETIME(3) NOT NULL
) ENGINE=InnoDB//
DELIMITER ;
