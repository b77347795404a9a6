import { randomUUID } from "node:crypto";
import type { TestDatabase } from "../../support/servers/test-server.ts";
import { createTables } from "../../support/wso2-tables.ts";
import { openLab, PARENTS, SCOPES, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, type Measured, median, percentile } from "../stats.ts";
import { tokenColumns, tokenValues } from "../token-data.ts";
import { installJavaShape } from "../triggers.ts";

const WRITERS = 8;
/** Of one turn: short, so that the three are measured under the same load of the machine. */
const SECONDS = 2;
const JOURNAL_ROWS = 300_000;
const DELETES = 40;

/** What the triggers take from blue: logins and refreshes of eight writers, and logouts beside a long journal. */
export const sourceCost: Scenario = {
  name: "source-cost",
  async run({ server, rounds, scale }) {
    const lab = await openLab(server, "5.9.0", [TOKENS, SCOPES]);
    const fresh = async (): Promise<TestDatabase> => {
      const database = await server.createDatabase();
      await database.exec(createTables(server.dialect, "5.9.0"));
      await database.exec(PARENTS);
      return database;
    };
    const [without, java] = [await fresh(), await fresh()];
    try {
      await installJavaShape(lab, java);
      const blues = { without, ours: lab.source.test, java };
      const names = ["without", "ours", "java"] as const;
      const [rates, p99, deletes] = [createTally(), createTally(), createTally()];
      const turns = Math.max(3, rounds * 5);
      for (const name of names) await writeFor(blues[name], 500);
      for (let turn = 0; turn < turns; turn++) {
        for (const name of rotated(names, turn)) {
          const times = await writeFor(blues[name], (SECONDS * 1_000) / scale);
          rates.note(name, times.length / (SECONDS / scale));
          p99.note(name, percentile(times, 0.99));
        }
      }
      const figures: Measured[] = names.flatMap((name) => [
        { name: label(name), value: median(rates.of(name)), unit: "tx/s" },
        { name: `${label(name)}, p99`, value: median(p99.of(name)), unit: "ms" },
      ]);
      const share = (name: string): number =>
        median(rates.of(name).map((rate, turn) => rate / (rates.of("without")[turn] ?? Number.NaN)));
      figures.push(
        { name: "ours / without triggers", value: share("ours"), unit: "ratio", target: { atLeast: 0.85 } },
        {
          name: "ours / Java client's shape",
          value: share("ours") / share("java"),
          unit: "ratio",
          target: { atLeast: 1 },
        },
      );
      for (const database of [blues.ours, java]) await lengthenJournal(database, lab, JOURNAL_ROWS / scale);
      for (let turn = 0; turn < 3; turn++)
        for (const name of names) deletes.note(name, ...(await timeDeletes(blues[name])));
      for (const name of names)
        figures.push({
          name: `DELETE of a token, ${label(name)}`,
          value: median(deletes.of(name)),
          unit: "ms",
        });
      figures.push({
        name: "DELETE of a token, ours / without triggers",
        value: median(deletes.of("ours")) / median(deletes.of("without")),
        unit: "ratio",
        target: { atMost: 2 },
      });
      return figures;
    } finally {
      await lab.close();
      await without.drop();
      await java.drop();
    }
  },
};

/** Each comes first, second and last equally often. */
function rotated<T>(list: readonly T[], by: number): readonly T[] {
  return list.map((_, i) => list[(i + by) % list.length] as T);
}

const label = (name: string): string =>
  ({ without: "without triggers", ours: "our triggers", java: "Java client's shape" })[name] ?? name;

/** Milliseconds of each transaction that the writers end in that time. */
async function writeFor(blue: TestDatabase, forMs: number): Promise<number[]> {
  const times: number[] = [];
  const sessions = await Promise.all(Array.from({ length: WRITERS }, () => blue.session()));
  const until = performance.now() + forMs;
  const write = async (session: (typeof sessions)[number]): Promise<void> => {
    let last: string | undefined;
    for (let n = 0; performance.now() < until; n++) {
      const id = randomUUID();
      const started = performance.now();
      // One round trip: the server is measured, not this program.
      await session.exec(
        [
          "BEGIN",
          ...(last === undefined
            ? []
            : [
                `UPDATE ${TOKENS} SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = '${id}' WHERE TOKEN_ID = '${last}'`,
              ]),
          login(id, n),
          "COMMIT",
        ].join("; "),
      );
      times.push(performance.now() - started);
      last = id;
    }
  };
  await Promise.all(sessions.map(write));
  await Promise.all(sessions.map((session) => session.close()));
  return times;
}

function login(id: string, n: number): string {
  const token = tokenValues(id, n, false).replace(`'scope${n}'`, `'${id.slice(0, 32)}'`);
  return `INSERT INTO ${TOKENS} (${tokenColumns(false)}) VALUES ${token}; INSERT INTO ${SCOPES} (TOKEN_ID, TOKEN_SCOPE) VALUES ('${id}', 'openid'), ('${id}', 'email')`;
}

async function lengthenJournal(
  database: TestDatabase,
  lab: Awaited<ReturnType<typeof openLab>>,
  rows: number,
): Promise<void> {
  const journal = lab.tables.find(({ name }) => name === SCOPES)?.names.journal ?? "";
  const isPostgres = database.settings.type === "postgres";
  await database.exec(
    `INSERT INTO ${journal} (TOKEN_ID, TOKEN_SCOPE, ACTION) SELECT ${isPostgres ? "md5(n::text)" : "md5(seq)"}, 'openid', 'INSERT' FROM ${isPostgres ? `generate_series(1, ${rows}) AS g(n)` : `seq_1_to_${rows}`}`,
  );
}

/** Milliseconds of single deletes of tokens that have scopes. */
async function timeDeletes(blue: TestDatabase): Promise<number[]> {
  const session = await blue.session();
  const ids = Array.from({ length: DELETES }, () => randomUUID());
  for (const [n, id] of ids.entries()) await session.exec(login(id, n));
  const times: number[] = [];
  for (const id of ids) {
    const started = performance.now();
    await session.exec(`DELETE FROM ${TOKENS} WHERE TOKEN_ID = '${id}'`);
    times.push(performance.now() - started);
  }
  await session.close();
  return times;
}
