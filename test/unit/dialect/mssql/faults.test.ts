import { expect, test } from "vitest";
import { readJournalFaults } from "../../../../src/dialect/mssql/faults.ts";
import { tableLocks } from "../../../../src/dialect/mssql/table-locks.ts";
import { createRecorder } from "../../../support/dialect-statements.ts";

test("a journal whose files are full and may not grow is asked for, and is a fault", async () => {
  const state = "is in a filegroup whose files are full and may not grow (MAXSIZE, FILEGROWTH)";
  const { db, statements } = createRecorder({ name: "A_S", state });
  expect(await readJournalFaults(db, ["A_S"])).toEqual(new Map([["A_S", [`the journal ${state}`]]]));
  expect(statements[0]?.sql).toContain(`THEN '${state}'`);
  expect(statements[0]?.sql).toContain("FROM sys.database_files AS d WHERE d.type = 0");
});

test("a lock on a journal is told with its holder; who may not see locks is told of none", async () => {
  const row = { name: "A_S", holder: "session 7", user: "app", unreadable: 1 };
  expect(await tableLocks(createRecorder(row).db, ["A_S"])).toEqual(
    new Map([["A_S", { holders: [{ holder: "session 7", user: "app" }], isUnreadable: true }]]),
  );
  const refused = {
    query: () => Promise.reject(Object.assign(new Error("VIEW SERVER STATE"), { number: 300 })),
    execute: () => Promise.reject(new Error("never")),
  };
  expect(await tableLocks(refused, ["A_S"])).toEqual(new Map());
});
