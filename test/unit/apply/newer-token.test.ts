import { expect, test } from "vitest";
import { newerToken } from "../../../src/apply/conflict.ts";
import type { DatabaseType } from "../../../src/config/sync-config.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Column } from "../../../src/contract/table-schema.ts";
import { loadDialect } from "../../../src/dialect/registry.ts";

const column = (type: string, fraction: number): Column => ({
  name: "TIME_CREATED",
  type,
  kind: "timestamp",
  nullable: true,
  default: null,
  generated: false,
  equality: "exact",
  fraction,
});

const TYPES: Readonly<Record<"postgres" | "mysql" | "mssql", (fraction: number) => Column>> = {
  postgres: (fraction) => column(`timestamp(${fraction}) without time zone`, fraction),
  mysql: (fraction) => column(`timestamp(${fraction})`, fraction),
  mssql: (fraction) => column(`datetime2(${fraction})`, fraction),
};

const TOKEN: Column = { ...column("varchar(2048)", 0), name: "ACCESS_TOKEN", kind: "text" };

type Type = keyof typeof TYPES & DatabaseType;

async function newer(
  [source, sourceDigits]: readonly [Type, number],
  [target, targetDigits]: readonly [Type, number],
  row: string,
  holder: string,
): Promise<string> {
  const table = {
    columns: [
      { name: "ACCESS_TOKEN", source: TOKEN, target: TOKEN },
      { name: "TIME_CREATED", source: TYPES[source](sourceDigits), target: TYPES[target](targetDigits) },
    ],
  } as unknown as TablePlan;
  return newerToken(
    { dialect: await loadDialect(source) },
    { dialect: await loadDialect(target) },
    table,
    { TIME_CREATED: row },
    { TIME_CREATED: holder },
  );
}

const SECOND = "2021-03-04 05:06:07";

test("times that differ in a digit that both sides keep are told apart", async () => {
  const both = ["postgres", 6] as const;
  expect(await newer(both, both, `${SECOND}.000001`, SECOND)).toBe("source");
  expect(await newer(both, both, SECOND, `${SECOND}.000001`)).toBe("target");
  expect(await newer(["mysql", 0], ["mysql", 0], "2021-03-04 05:06:08", SECOND)).toBe("source");
});

test("a fraction that the target does not keep makes no token newer: equal seconds leave green's", async () => {
  expect(await newer(["postgres", 6], ["mysql", 0], `${SECOND}.999`, SECOND)).toBe("target");
  expect(await newer(["mssql", 7], ["postgres", 3], `${SECOND}.1239`, `${SECOND}.123`)).toBe("target");
  expect(await newer(["postgres", 6], ["mysql", 0], "2021-03-04 05:06:08.1", SECOND)).toBe("source");
});

test("a fraction that the source does not keep makes green's token no newer, nor older", async () => {
  expect(await newer(["mysql", 0], ["postgres", 6], SECOND, `${SECOND}.5`)).toBe("target");
  expect(await newer(["mysql", 0], ["postgres", 6], "2021-03-04 05:06:08", `${SECOND}.5`)).toBe("source");
});

test("trailing zeros are no difference", async () => {
  const both = ["postgres", 6] as const;
  expect(await newer(both, both, `${SECOND}.50`, `${SECOND}.5`)).toBe("target");
  expect(await newer(both, both, `${SECOND}.0`, SECOND)).toBe("target");
});

test("without a time the target's token stays", async () => {
  const table = { columns: [] } as unknown as TablePlan;
  const dialect = await loadDialect("postgres");
  expect(newerToken({ dialect }, { dialect }, table, {}, {})).toBe("target");
});
