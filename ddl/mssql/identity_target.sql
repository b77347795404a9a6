-- sync-tool: checkpoints. Run it in the TARGET database (green), before or after the restore; both do no harm.
-- It removes copies of the source's capture that a dump carried along, and makes the tables of sync-tool.
-- Tables: IDN_IDENTITY_USER_DATA, IDN_OAUTH2_ACCESS_TOKEN, IDN_OAUTH2_ACCESS_TOKEN_SCOPE, IDN_OAUTH2_AUTHORIZATION_CODE
:ON ERROR EXIT
SET LOCK_TIMEOUT 2000
GO
SET DEADLOCK_PRIORITY LOW
GO
SET XACT_ABORT ON
GO
SET ANSI_NULLS ON
GO
SET ANSI_PADDING ON
GO
SET ANSI_WARNINGS ON
GO
SET QUOTED_IDENTIFIER ON
GO

-- Stops here in the source database: the next statements would end its capture.
IF EXISTS (SELECT 1 FROM sys.tables AS t
INNER JOIN sys.extended_properties AS p ON p.class = 1 AND p.major_id = t.object_id AND p.minor_id = 0 AND p.name = N'sync_tool_journal'
WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) IN (N'IDN_IDENTITY_USER_DATA_S', N'IDN_OAUTH2_ACCESS_TOKEN_S', N'IDN_OAUTH2_ACCESS_TOKEN_SCOP_S', N'IDN_OAUTH2_AUTHORIZATION_COD_S')
AND (CONVERT(nvarchar(400), p.value) LIKE CONCAT(N'% ', LOWER(CONVERT(varchar(64), HASHBYTES('SHA2_256', CONCAT(COALESCE((SELECT CONVERT(nvarchar(128), d.group_database_id) FROM sys.databases AS d WHERE d.database_id = DB_ID() AND CONVERT(int, SERVERPROPERTY('EngineEdition')) NOT IN (5, 8)), CONVERT(nvarchar(128), SERVERPROPERTY('ServerName'))), '/', DB_NAME(), '/', SCHEMA_NAME())), 2))) OR CONVERT(nvarchar(400), p.value) LIKE CONCAT(N'% ', LOWER(CONVERT(varchar(64), HASHBYTES('SHA2_256', CONCAT(CONVERT(nvarchar(128), SERVERPROPERTY('ServerName')), '/', DB_NAME(), '/', SCHEMA_NAME())), 2))))) THROW 50002, N'this script is for the target database, and this is the source', 1
GO

-- Copy of the source's trigger IDN_IDENTITY_USER_DATA_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_IDENTITY_USER_DATA_IT]
GO

-- Copy of the source's trigger IDN_IDENTITY_USER_DATA_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_IDENTITY_USER_DATA_UT]
GO

-- Copy of the source's trigger IDN_IDENTITY_USER_DATA_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_IDENTITY_USER_DATA_DT]
GO

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_IT]
GO

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_UT]
GO

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_DT]
GO

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SCO_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_SCO_IT]
GO

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SCO_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_SCO_UT]
GO

-- Copy of the source's trigger IDN_OAUTH2_ACCESS_TOKEN_SCO_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_SCO_DT]
GO

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_CO_IT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_AUTHORIZATION_CO_IT]
GO

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_CO_UT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_AUTHORIZATION_CO_UT]
GO

-- Copy of the source's trigger IDN_OAUTH2_AUTHORIZATION_CO_DT, if the dump carried one along.
DROP TRIGGER IF EXISTS [IDN_OAUTH2_AUTHORIZATION_CO_DT]
GO

-- Copy of the source's journal IDN_IDENTITY_USER_DATA_S, if the dump carried one along.
DROP TABLE IF EXISTS [IDN_IDENTITY_USER_DATA_S]
GO
DROP SEQUENCE IF EXISTS [IDN_IDENTITY_USER_DATA_Q]
GO

-- Copy of the source's journal IDN_OAUTH2_ACCESS_TOKEN_S, if the dump carried one along.
DROP TABLE IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_S]
GO
DROP SEQUENCE IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_Q]
GO

-- Copy of the source's journal IDN_OAUTH2_ACCESS_TOKEN_SCOP_S, if the dump carried one along.
DROP TABLE IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_SCOP_S]
GO
DROP SEQUENCE IF EXISTS [IDN_OAUTH2_ACCESS_TOKEN_SCOP_Q]
GO

-- Copy of the source's journal IDN_OAUTH2_AUTHORIZATION_COD_S, if the dump carried one along.
DROP TABLE IF EXISTS [IDN_OAUTH2_AUTHORIZATION_COD_S]
GO
DROP SEQUENCE IF EXISTS [IDN_OAUTH2_AUTHORIZATION_COD_Q]
GO

-- IDN_IDENTITY_USER_DATA: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
IF OBJECT_ID(N'[IDN_IDENTITY_USER_DATA_SV]', N'U') IS NULL
CREATE TABLE [IDN_IDENTITY_USER_DATA_SV] (
  [LANE] int NOT NULL PRIMARY KEY,
  [SYNC_ID] bigint NOT NULL,
  [JOURNAL_ID] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [DIGEST] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [UPDATED_AT] datetime2(3) NOT NULL
)
GO

-- IDN_OAUTH2_ACCESS_TOKEN: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
IF OBJECT_ID(N'[IDN_OAUTH2_ACCESS_TOKEN_SV]', N'U') IS NULL
CREATE TABLE [IDN_OAUTH2_ACCESS_TOKEN_SV] (
  [LANE] int NOT NULL PRIMARY KEY,
  [SYNC_ID] bigint NOT NULL,
  [JOURNAL_ID] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [DIGEST] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [UPDATED_AT] datetime2(3) NOT NULL
)
GO

-- IDN_OAUTH2_ACCESS_TOKEN_SCOPE: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
IF OBJECT_ID(N'[IDN_OAUTH2_ACCESS_TOKEN_SCO_SV]', N'U') IS NULL
CREATE TABLE [IDN_OAUTH2_ACCESS_TOKEN_SCO_SV] (
  [LANE] int NOT NULL PRIMARY KEY,
  [SYNC_ID] bigint NOT NULL,
  [JOURNAL_ID] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [DIGEST] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [UPDATED_AT] datetime2(3) NOT NULL
)
GO

-- IDN_OAUTH2_AUTHORIZATION_CODE: its checkpoint, how far the journal is applied. `sync-tool run` writes the row: it knows the journal's identity.
IF OBJECT_ID(N'[IDN_OAUTH2_AUTHORIZATION_CO_SV]', N'U') IS NULL
CREATE TABLE [IDN_OAUTH2_AUTHORIZATION_CO_SV] (
  [LANE] int NOT NULL PRIMARY KEY,
  [SYNC_ID] bigint NOT NULL,
  [JOURNAL_ID] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [DIGEST] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [UPDATED_AT] datetime2(3) NOT NULL
)
GO

-- Changes that the target refuses are noted here, with the reason and without their values.
IF OBJECT_ID(N'[SYNC_DEAD_LETTERS]', N'U') IS NULL
CREATE TABLE [SYNC_DEAD_LETTERS] (
  [TABLE_NAME] nvarchar(128) COLLATE Latin1_General_BIN2 NOT NULL,
  [ROW_KEY] nvarchar(2000) NOT NULL,
  [ROW_KEY_DIGEST] varchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  [SYNC_ID] bigint NOT NULL,
  [REASON] nvarchar(1000) NOT NULL,
  [CODE] varchar(32) NOT NULL,
  [ATTEMPTS] int NOT NULL,
  [FIRST_SEEN] varchar(32) NOT NULL,
  [LAST_TRIED] varchar(32) NULL,
  PRIMARY KEY ([TABLE_NAME], [ROW_KEY_DIGEST])
)
GO

-- What the commands remember for each other, a line for each thing: no value of a row.
IF OBJECT_ID(N'[SYNC_STATE]', N'U') IS NULL
CREATE TABLE [SYNC_STATE] (
  [NAME] varchar(700) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY,
  [VALUE] varchar(4000) COLLATE Latin1_General_BIN2 NOT NULL,
  [UPDATED_AT] datetime2(3) NOT NULL
)
GO
