import { beforeAll, describe, expect, test } from "vitest";
import { IS_VERSIONS } from "../../src/config/versions.ts";
import { mssql } from "../../src/dialect/mssql/index.ts";
import {
  ddlStatements,
  dmlStatements,
  doctorStatements,
  serverStatements,
} from "../support/dialect-statements.ts";
import { countPlaceholders, numbered, tsqlMistakes } from "../support/sql-grammar.ts";
import { wso2Plans } from "../support/wso2-plans.ts";

/** Every text that can be sent, once. */
const texts = new Set<string>();
/** Statements whose placeholders are not as many as their values. */
const uneven: string[] = [];
let most = 0;

beforeAll(async () => {
  const add = (sql: string): void => {
    texts.add(numbered(sql, (n) => `@p${n}`));
  };
  const statements = [...(await serverStatements(mssql))];
  for (const version of IS_VERSIONS) {
    const plans = await wso2Plans("mssql", version);
    const doctor = doctorStatements(mssql, plans);
    statements.push(...doctor.asked);
    for (const sql of doctor.mends) add(sql);
    for (const table of plans) {
      for (const sql of ddlStatements(mssql, table)) add(sql);
      statements.push(...(await dmlStatements(mssql, table)));
    }
  }
  for (const { sql, params } of statements) {
    add(sql);
    if (countPlaceholders(sql) !== params.length) uneven.push(sql);
    most = Math.max(most, params.length);
  }
}, 60_000);

describe("the grammar of Transact-SQL", () => {
  test("tells a wrong statement from a right one", () => {
    expect(tsqlMistakes("SELECT TOP (@p0) [A] FROM [T] AS t WHERE t.[A] = @p1")).toEqual([]);
    expect(tsqlMistakes("SELECT TOP (@p0) [A] FROM WHERE")).not.toEqual([]);
    expect(tsqlMistakes("CREATE TRIGGER [A] ON [T] AFTER INSERT BEGIN SELECT 1; END")).not.toEqual([]);
  }, 30_000);

  test("takes every statement for WSO2's tables of every release", () => {
    expect(texts.size).toBeGreaterThan(400);
    const wrong = [...texts].flatMap((sql) => {
      const mistakes = tsqlMistakes(sql);
      return mistakes.length === 0 ? [] : [{ sql, mistakes }];
    });
    expect(wrong).toEqual([]);
  }, 120_000);
});

test("every statement has as many values as placeholders, and not more than the server takes", () => {
  expect(uneven).toEqual([]);
  expect(most).toBeLessThanOrEqual(2_100);
});
