/** Plans for WSO2's tables on SQL Server and Oracle as their catalogues would describe them, without a server. */

import type { IsVersion } from "../../src/config/versions.ts";
import type { Dialect } from "../../src/contract/dialect.ts";
import { planTables, type TablePlan } from "../../src/contract/sync-plan.ts";
import type { Column, TableSchema } from "../../src/contract/table-schema.ts";
import { toColumn as mssqlColumn } from "../../src/dialect/mssql/catalogue-column.ts";
import { mssql } from "../../src/dialect/mssql/index.ts";
import { toColumn as oracleColumn } from "../../src/dialect/oracle/catalogue-column.ts";
import { oracle } from "../../src/dialect/oracle/index.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { WSO2_TABLES, type Wso2Column, wso2Shape } from "./wso2-shapes.ts";

type DialectName = "mssql" | "oracle";

const DIALECTS: Readonly<Record<DialectName, Dialect>> = { mssql, oracle };

/** The plan of every table that both releases have. */
export async function wso2Plans(
  name: DialectName,
  sourceVersion: IsVersion,
  targetVersion: IsVersion = "5.11.0",
): Promise<readonly TablePlan[]> {
  const shared = WSO2_TABLES.filter((table) => {
    const [from, to] = [wso2Shape(name, sourceVersion, table), wso2Shape(name, targetVersion, table)];
    // Without the target's key on the source there is no plan: the applications of 5.0.0 have none.
    return to?.primaryKey.every((key) => from?.columns.some((column) => column.name === key)) ?? false;
  });
  const plan = await buildPlan(
    { schema: "identity", sourceVersion, targetVersion, tables: shared },
    side(name, sourceVersion),
    side(name, targetVersion),
  );
  return planTables(plan);
}

/** A dialect whose catalogue is WSO2's script of a release. */
function side(name: DialectName, version: IsVersion) {
  const dialect: Dialect = {
    ...DIALECTS[name],
    introspector: {
      ...DIALECTS[name].introspector,
      tables: async (_db, names) =>
        names.flatMap((table) => tableSchema(name, version, table as (typeof WSO2_TABLES)[number]) ?? []),
    },
  };
  const db = { query: () => Promise.resolve([]), execute: () => Promise.resolve(0) };
  return { dialect, db };
}

export function tableSchema(
  name: DialectName,
  version: IsVersion,
  table: (typeof WSO2_TABLES)[number],
): TableSchema | undefined {
  const shape = wso2Shape(name, version, table);
  if (shape === undefined) return undefined;
  const toColumn = name === "mssql" ? asMssql : asOracle;
  return {
    name: table,
    columns: shape.columns.map(toColumn),
    primaryKey: shape.primaryKey,
    uniqueKeys: shape.unique.map((key, i) => ({ name: key.name ?? `UNIQUE_${i}`, columns: key.columns })),
    foreignKeys: shape.foreignKeys.map((key, i) => ({
      ...key,
      name: `FK_${table}_${i}`,
      onDelete: key.onDelete === "CASCADE" ? "cascade" : "restrict",
      onUpdate: "restrict",
    })),
  };
}

function parse(type: string): { base: string; length: number } {
  const [, base = "", length] = /^([A-Z0-9]+)(?:\((\w+)\))?$/.exec(type) ?? [];
  return { base, length: length === "MAX" ? -1 : Number(length ?? 0) };
}

function asMssql(column: Wso2Column): Column {
  const { base, length } = parse(column.type);
  const type = base === "INTEGER" ? "int" : base.toLowerCase();
  return mssqlColumn({
    name: column.name,
    base: type,
    length,
    precision: 0,
    scale: 3,
    collation: type.endsWith("char") ? "SQL_Latin1_General_CP1_CI_AS" : null,
    nullable: column.nullable,
    numbered: column.autoIncrement,
    computed: false,
    generated: 0,
    dflt: column.default === undefined ? null : `(${column.default})`,
  });
}

function asOracle(column: Wso2Column): Column {
  const { base, length } = parse(column.type);
  const type = { INTEGER: "NUMBER", VARCHAR: "VARCHAR2", TIMESTAMP: "TIMESTAMP(6)" }[base] ?? base;
  const isText = type.includes("CHAR");
  return oracleColumn({
    COLUMN_NAME: column.name,
    DATA_TYPE: type,
    DATA_LENGTH: String(isText ? length : 22),
    CHAR_LENGTH: isText ? String(length) : "0",
    CHAR_USED: isText ? "B" : null,
    DATA_PRECISION: base === "NUMBER" ? String(length) : null,
    DATA_SCALE: type === "NUMBER" ? "0" : type === "TIMESTAMP(6)" ? "6" : null,
    NULLABLE: column.nullable ? "Y" : "N",
    DATA_DEFAULT: column.default ?? null,
    VIRTUAL_COLUMN: "NO",
    COLLATION: isText ? "USING_NLS_COMP" : null,
  });
}
