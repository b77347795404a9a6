import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { IS_VERSIONS } from "../../src/config/versions.ts";
import { oracle } from "../../src/dialect/oracle/index.ts";
import {
  ddlStatements,
  dmlStatements,
  doctorStatements,
  serverStatements,
} from "../support/dialect-statements.ts";
import {
  countPlaceholders,
  dynamicSql,
  numbered,
  oracleMistakes,
  readableParts,
} from "../support/sql-grammar.ts";
import { wso2Plans } from "../support/wso2-plans.ts";

/** What the driver's thin mode makes of a text before it sends it. */
interface DriverStatement {
  readonly bindInfoList: readonly unknown[];
  _prepare(sql: string): void;
}
const { Statement } = createRequire(import.meta.url)("oracledb/lib/thin/statement.js") as {
  readonly Statement: new () => DriverStatement;
};

/** Every text that can be sent, once. */
const texts = new Set<string>();
/** Statements whose placeholders are not as many as their values. */
const uneven: string[] = [];
let most = 0;

beforeAll(async () => {
  const add = (sql: string): void => {
    texts.add(numbered(sql, (n) => `:${n + 1}`));
    for (const inner of dynamicSql(sql)) texts.add(inner);
  };
  const statements = [...(await serverStatements(oracle))];
  for (const version of IS_VERSIONS) {
    const plans = await wso2Plans("oracle", version);
    statements.push(...doctorStatements(oracle, plans).asked);
    for (const table of plans) {
      for (const sql of ddlStatements(oracle, table)) add(sql);
      statements.push(...(await dmlStatements(oracle, table)));
    }
  }
  for (const { sql, params } of statements) {
    add(sql);
    if (countPlaceholders(sql) !== params.length) uneven.push(sql);
    most = Math.max(most, params.length);
  }
}, 60_000);

describe("the grammar of Oracle", () => {
  test("tells a wrong statement from a right one", () => {
    expect(oracleMistakes('SELECT t."A" FROM "T" t WHERE t."A" = :1 FETCH FIRST :2 ROWS ONLY')).toEqual([]);
    expect(oracleMistakes('SELECT "A" FROM WHERE')).not.toEqual([]);
    expect(oracleMistakes('CREATE TRIGGER "A" AFTER INSERT ON FOR EACH ROW BEGIN NULL; END;')).not.toEqual(
      [],
    );
  }, 30_000);

  test("sees every part of a compound trigger", () => {
    const [trigger] = [...texts].filter((sql) => sql.includes("COMPOUND TRIGGER"));
    const parts = readableParts(trigger ?? "");
    expect(parts).toHaveLength(4);
    expect(parts[2]).toMatch(/^BEGIN\n {2}IF .*moved\(moved\.COUNT \+ 1\) := :NEW\.ROWID;.*END;$/s);
    expect(parts[3]).toMatch(/^BEGIN\n {2}FORALL i IN 1 \.\. moved\.COUNT.*END;$/s);
  });

  test("takes every statement for WSO2's tables of every release", () => {
    expect(texts.size).toBeGreaterThan(400);
    const wrong = [...texts].flatMap(readableParts).flatMap((sql) => {
      const mistakes = oracleMistakes(sql);
      return mistakes.length === 0 ? [] : [{ sql, mistakes }];
    });
    expect(wrong).toEqual([]);
  }, 300_000);
});

test("the driver finds the placeholders that are meant, and none in triggers and blocks", () => {
  const binds = (sql: string): number => {
    const statement = new Statement();
    statement._prepare(sql);
    return statement.bindInfoList.length;
  };
  expect(binds("BEGIN :1 := 2; END;")).toBe(1);
  const meant = (sql: string): number =>
    /^(CREATE|DECLARE|BEGIN|ALTER)/.test(sql)
      ? 0
      : (sql.replace(/'(?:[^']|'')*'/g, "").match(/:\d+/g) ?? []).length;
  const wrong = [...texts].filter((sql) => binds(sql) !== meant(sql));
  expect(wrong).toEqual([]);
});

test("every statement has as many values as placeholders, and not more than the server takes", () => {
  expect(uneven).toEqual([]);
  expect(most).toBeLessThanOrEqual(65_535);
});
