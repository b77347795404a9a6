import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { CRASH, failingDatabase } from "../support/chains/failing-database.ts";
import { createUser, dropUser, enteredBy, granteeOf, userName } from "../support/database-users.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { examinePair } from "../support/examine-pair.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { openWayBackLab, type WayBackLab } from "../support/way-back/lab.ts";

const CLAIMS = "IDN_IDENTITY_USER_DATA";
const put = (user: string): string => `INSERT INTO ${CLAIMS} VALUES (-1234, '${user}', 'key', 'value')`;
const SOON = { wait: false, pollMs: 20 };

describeDialects(
  "The moment of the switch",
  (dialect) => {
    let lab: WayBackLab;
    let blue: TestDatabase;
    let green: TestDatabase;
    beforeEach(async () => {
      lab = await openWayBackLab(dialect);
      blue = lab.pair.source.test;
      green = lab.pair.target.test;
    });
    afterEach(() => lab.close());

    test("is all or nothing wherever the command is killed, and given again it ends right", async () => {
      // A test on green, which stays there: the way back begins behind it.
      await green.exec(put("tester"));
      const before = await lab.standing();
      const { blue: whole, green: other } = lab.asked;
      let kills = 0;
      // Each statement on one database, the others every night.
      const step = dialect.name === "postgres" || testEnv.long() ? 1 : 4;
      for (let at = 1; ; at += step) {
        const db = failingDatabase(
          whole.db,
          { at, how: kills % 2 === 0 ? "crash" : "crash after" },
          () => CRASH,
        );
        const answer = await lab
          .switchTo("green", { ...SOON, on: { blue: { ...whole, db } } })
          .catch(() => undefined);
        const found = await lab.standing();
        const isWhole = !isDeepStrictEqual(found, before);
        if (answer === undefined) kills += 1;
        if (isWhole) {
          expect(found).toMatchObject({ side: "green", heads: { [CLAIMS]: 1n }, from: { [CLAIMS]: "1" } });
          break;
        }
      }
      expect(kills).toBeGreaterThan(2);
      const since = await lab.standing();
      expect(await lab.switchTo("green", { ...SOON, on: { blue: whole, green: other } })).toMatchObject({
        serving: "green",
        switched: false,
        reasons: [],
      });
      expect(await lab.standing()).toEqual(since);
    });

    test("waits for transactions that are open on either side, and names what is waited for", async () => {
      for (const [side, table] of [
        [blue, "blue"],
        [green, "green"],
      ] as const) {
        const user = await side.session();
        await user.exec(["BEGIN", put(`open on ${table}`)]);
        const answer = await lab.switchTo("green", SOON);
        expect([table, answer]).toMatchObject([table, { serving: "blue", switched: false }]);
        expect(answer.reasons.map(({ text }) => text).join()).toContain(CLAIMS);
        expect(await lab.standing()).toMatchObject({ side: null });
        await user.exec("ROLLBACK");
        await user.close();
      }
      expect(await lab.switchTo("green", { pollMs: 20 })).toMatchObject({ serving: "green", switched: true });
    });

    test("is refused beforehand where the user lacks a right that the way back needs, which is named", async () => {
      const user = userName("few", blue);
      await createUser(user, [blue]);
      const grantee = granteeOf(blue, user);
      const admin = await blue.session({ admin: true });
      const rights = "SELECT, INSERT, UPDATE";
      await admin.exec(
        blue.settings.type === "postgres"
          ? `GRANT ${rights} ON ALL TABLES IN SCHEMA public TO ${grantee}`
          : `GRANT ${rights} ON \`${blue.name}\`.* TO ${grantee}`,
      );
      await admin.close();
      const { settings } = enteredBy(user, blue);
      const db = await lab.asked.blue.dialect.connect(settings as ConnectionSettings);
      try {
        await expect(
          lab.switchTo("green", { ...SOON, on: { blue: { ...lab.asked.blue, db } } }),
        ).rejects.toMatchObject({ code: "GRANT_MISSING", message: expect.stringContaining(`DELETE on `) });
        expect(await lab.standing()).toMatchObject({ side: null });
        // So says the doctor, whoever asks it first.
        const results = await examinePair(green, blue, [CLAIMS], {
          target: settings,
          direction: "back",
          sourceVersion: "5.9.0",
          wayBack: true,
        });
        expect(results.find(({ id }) => id === "target.grants-run")).toMatchObject({
          status: "fail",
          found: expect.stringContaining("DELETE"),
        });
      } finally {
        await db.close();
        await dropUser(user, [blue]);
      }
    });
  },
  ["postgres", "mariadb", "mysql"],
);
