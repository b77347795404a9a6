import type { Dialect } from "../../../src/contract/dialect.ts";
import { rowSources } from "../../../src/run/row-sources.ts";
import { verify } from "../../../src/verify/verify.ts";
import { fullScan } from "../full-scan.ts";
import { type Lab, openLab, SCOPES, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { type Measured, median, seconds } from "../stats.ts";
import { fill } from "../token-data.ts";

/** Rows compared per second, both sides read to the end; how much the digests of the databases save; full scans beside it. */
export const verifying: Scenario = {
  name: "verify",
  async run({ server, rounds, scale }) {
    const tokens = 30_000 / scale;
    const lab = await openLab(server, "5.9.0");
    try {
      await fill(lab.source.test, { tokens, scopesEach: 2 }, false);
      await lab.drain({ batchSize: 1_000 });
      await lab.analyze();
      return [
        ...(await transformed(lab, tokens, rounds)),
        ...(await digested(lab, tokens * 2, rounds)),
        ...(await besideScans(lab, tokens * 3, rounds)),
      ];
    } finally {
      await lab.close();
    }
  },
};

/** Tokens, which green has otherwise: digests can tell nothing of them. */
async function transformed(lab: Lab, rows: number, rounds: number): Promise<readonly Measured[]> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++)
    rates.push(rows / (await seconds(() => verifyOnce(lab, lab.source.dialect, [TOKENS]))));
  return [{ name: "tokens, 5.9.0 to 5.11.0", value: median(rates), unit: "rows/s" }];
}

/** Scopes, which pass as they are: by the databases' digests, and without. */
async function digested(lab: Lab, rows: number, rounds: number): Promise<readonly Measured[]> {
  const { dialect } = lab.source;
  const plain: Dialect = { ...dialect, sql: { ...dialect.sql, digestRange: undefined } };
  const name = "scopes, which pass as they are";
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const without = rows / (await seconds(() => verifyOnce(lab, plain, [SCOPES])));
    const withDigests = rows / (await seconds(() => verifyOnce(lab, dialect, [SCOPES])));
    rates.push(withDigests);
    ratios.push(withDigests / without);
  }
  return [
    { name, value: median(rates), unit: "rows/s" },
    { name: `${name}: with digests / without`, value: median(ratios), unit: "x" },
  ];
}

/** Both tables, against the slower of the two sides when the database's own client reads it alone. */
async function besideScans(lab: Lab, rows: number, rounds: number): Promise<readonly Measured[]> {
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const took = await seconds(() => verifyOnce(lab, lab.source.dialect, [TOKENS, SCOPES]));
    rates.push(rows / took);
    const [source, target] = [await scanned(lab, "source"), await scanned(lab, "target")];
    ratios.push(Math.max(source, target) / took);
  }
  return [
    { name: "tokens and scopes", value: median(rates), unit: "rows/s" },
    ...(ratios.some(Number.isNaN)
      ? []
      : [{ name: "tokens and scopes / full scan by the client", value: median(ratios), unit: "x" }]),
  ];
}

async function scanned(lab: Lab, side: "source" | "target"): Promise<number> {
  let took = 0;
  for (const table of lab.tables) {
    const key = table.key.map((column) => column[side].name);
    took += (await fullScan(lab[side].test, table[side].name, key)) ?? Number.NaN;
  }
  return took;
}

async function verifyOnce(lab: Lab, dialect: Dialect, tables: readonly string[]): Promise<void> {
  let different = 0;
  await verify({
    plan: lab.plan,
    source: { ...lab.source, dialect },
    target: { ...lab.target, dialect },
    rowsFor: rowSources(lab.plan, lab),
    tables,
    signal: new AbortController().signal,
    onDifference: () => {
      different += 1;
    },
  });
  if (different > 0) throw new Error(`verify found ${different} differences where there are none`);
}
