-- sync-tool: capture of changes. Run it in the SOURCE database (blue), before the dump begins.
-- It adds journals and triggers and changes nothing else. Running it again keeps the journals and their changes.
-- Tables are locked for moments only; when one is busy the script stops with a lock timeout: run it again.
-- Tables: IDN_IDENTITY_USER_DATA
:ON ERROR EXIT
SET LOCK_TIMEOUT 2000
GO
SET XACT_ABORT ON
GO
SET ANSI_NULLS ON
GO
SET QUOTED_IDENTIFIER ON
GO

-- IDN_IDENTITY_USER_DATA: its journal. Every change is recorded here, in the transaction that makes it.
IF OBJECT_ID(N'[IDN_IDENTITY_USER_DATA_Q]', N'SO') IS NULL
CREATE SEQUENCE [IDN_IDENTITY_USER_DATA_Q] AS bigint START WITH 1 INCREMENT BY 1 MINVALUE 1 NO CYCLE CACHE 100
GO
IF OBJECT_ID(N'[IDN_IDENTITY_USER_DATA_S]', N'U') IS NULL
CREATE TABLE [IDN_IDENTITY_USER_DATA_S] (
  [TENANT_ID] int NULL,
  [USER_NAME] varchar(255) COLLATE SQL_Latin1_General_CP1_CI_AS NULL,
  [DATA_KEY] varchar(255) COLLATE SQL_Latin1_General_CP1_CI_AS NULL,
  [DATA_VALUE] varchar(255) COLLATE SQL_Latin1_General_CP1_CI_AS NULL,
  [SYNC_ID] bigint NOT NULL DEFAULT (NEXT VALUE FOR [IDN_IDENTITY_USER_DATA_Q]) PRIMARY KEY CLUSTERED,
  [ACTION] varchar(15) NOT NULL
)
GO
ALTER TABLE [IDN_IDENTITY_USER_DATA_S] SET (LOCK_ESCALATION = DISABLE)
GO
DECLARE @schema sysname = SCHEMA_NAME();
DECLARE @identity nvarchar(400) = CONCAT(REPLACE(CONVERT(varchar(36), NEWID()), '-', ''), ' ', LOWER(CONVERT(varchar(64), HASHBYTES('SHA2_256', CONCAT(CONVERT(nvarchar(128), SERVERPROPERTY('ServerName')), '/', DB_NAME(), '/', SCHEMA_NAME())), 2)));
IF NOT EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'[IDN_IDENTITY_USER_DATA_S]') AND minor_id = 0 AND name = N'sync_tool_journal')
EXEC sp_addextendedproperty @name = N'sync_tool_journal', @value = @identity, @level0type = N'SCHEMA', @level0name = @schema, @level1type = N'TABLE', @level1name = N'IDN_IDENTITY_USER_DATA_S'
GO

-- IDN_IDENTITY_USER_DATA: trigger that writes to the journal.
BEGIN TRANSACTION
GO
DROP TRIGGER IF EXISTS [IDN_IDENTITY_USER_DATA_IT]
GO
CREATE TRIGGER [IDN_IDENTITY_USER_DATA_IT] ON [IDN_IDENTITY_USER_DATA] AFTER INSERT AS
-- sync-tool capture v1 fb8e6afa4799
BEGIN
  SET NOCOUNT ON;
  SET ROWCOUNT 0;
  INSERT INTO [IDN_IDENTITY_USER_DATA_S] ([TENANT_ID], [USER_NAME], [DATA_KEY], [DATA_VALUE], [ACTION])
  SELECT r.[TENANT_ID], r.[USER_NAME], r.[DATA_KEY], r.[DATA_VALUE], 'INSERT' FROM inserted AS r;
END
GO
IF NOT EXISTS (SELECT 1 FROM sys.trigger_events AS e INNER JOIN sys.triggers AS g ON g.object_id = e.object_id WHERE g.parent_id = OBJECT_ID(N'[IDN_IDENTITY_USER_DATA]') AND e.type_desc = N'INSERT' AND e.is_first = 1)
EXEC sp_settriggerorder @triggername = N'[IDN_IDENTITY_USER_DATA_IT]', @order = 'First', @stmttype = 'INSERT'
GO
COMMIT TRANSACTION
GO

-- IDN_IDENTITY_USER_DATA: trigger that writes to the journal.
BEGIN TRANSACTION
GO
DROP TRIGGER IF EXISTS [IDN_IDENTITY_USER_DATA_UT]
GO
CREATE TRIGGER [IDN_IDENTITY_USER_DATA_UT] ON [IDN_IDENTITY_USER_DATA] AFTER UPDATE AS
-- sync-tool capture v1 5e0451af8b61
BEGIN
  SET NOCOUNT ON;
  SET ROWCOUNT 0;
  INSERT INTO [IDN_IDENTITY_USER_DATA_S] ([TENANT_ID], [USER_NAME], [DATA_KEY], [DATA_VALUE], [ACTION])
  SELECT r.[TENANT_ID], r.[USER_NAME], r.[DATA_KEY], r.[DATA_VALUE], 'DELETE' FROM deleted AS r
  WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.[TENANT_ID] = r.[TENANT_ID] AND CONVERT(varbinary(8000), i.[USER_NAME]) = CONVERT(varbinary(8000), r.[USER_NAME]) AND CONVERT(varbinary(8000), i.[DATA_KEY]) = CONVERT(varbinary(8000), r.[DATA_KEY]));
  INSERT INTO [IDN_IDENTITY_USER_DATA_S] ([TENANT_ID], [USER_NAME], [DATA_KEY], [DATA_VALUE], [ACTION])
  SELECT r.[TENANT_ID], r.[USER_NAME], r.[DATA_KEY], r.[DATA_VALUE], 'UPDATE' FROM inserted AS r;
END
GO
IF NOT EXISTS (SELECT 1 FROM sys.trigger_events AS e INNER JOIN sys.triggers AS g ON g.object_id = e.object_id WHERE g.parent_id = OBJECT_ID(N'[IDN_IDENTITY_USER_DATA]') AND e.type_desc = N'UPDATE' AND e.is_first = 1)
EXEC sp_settriggerorder @triggername = N'[IDN_IDENTITY_USER_DATA_UT]', @order = 'First', @stmttype = 'UPDATE'
GO
COMMIT TRANSACTION
GO

-- IDN_IDENTITY_USER_DATA: trigger that writes to the journal.
BEGIN TRANSACTION
GO
DROP TRIGGER IF EXISTS [IDN_IDENTITY_USER_DATA_DT]
GO
CREATE TRIGGER [IDN_IDENTITY_USER_DATA_DT] ON [IDN_IDENTITY_USER_DATA] AFTER DELETE AS
-- sync-tool capture v1 68cdd25f64b2
BEGIN
  SET NOCOUNT ON;
  SET ROWCOUNT 0;
  INSERT INTO [IDN_IDENTITY_USER_DATA_S] ([TENANT_ID], [USER_NAME], [DATA_KEY], [DATA_VALUE], [ACTION])
  SELECT r.[TENANT_ID], r.[USER_NAME], r.[DATA_KEY], r.[DATA_VALUE], 'DELETE' FROM deleted AS r;
END
GO
IF NOT EXISTS (SELECT 1 FROM sys.trigger_events AS e INNER JOIN sys.triggers AS g ON g.object_id = e.object_id WHERE g.parent_id = OBJECT_ID(N'[IDN_IDENTITY_USER_DATA]') AND e.type_desc = N'DELETE' AND e.is_first = 1)
EXEC sp_settriggerorder @triggername = N'[IDN_IDENTITY_USER_DATA_DT]', @order = 'First', @stmttype = 'DELETE'
GO
COMMIT TRANSACTION
GO
