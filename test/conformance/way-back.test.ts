import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listDeadLetters } from "../../src/apply/dead-letter.ts";
import { installCapture } from "../../src/capture/install.ts";
import { findLeftovers } from "../../src/capture/leftovers.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { compareVersions, type IsVersion } from "../../src/config/versions.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import type { Row } from "../../src/row.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { type BackPair, CARRIED, code, openBackPair, scope, token } from "../support/way-back/back-pair.ts";

const [TOKENS, SCOPES, CODES, CLAIMS] = CARRIED;
const claim = (user: string, value: string): string =>
  `INSERT INTO ${CLAIMS} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${user}', 'k', '${value}')`;

// printf %s 'email openid' | md5sum
const HASH_OF_SCOPES = "8f2f61959d2e938b9decac77fe30af28";

/** Every release whose tables have a shape of their own: on one database all of them, on the others an old and a new one. */
const SOME: readonly IsVersion[] = ["5.4.0", "5.10.0"];
const RELEASES: Partial<Record<TestDialectName, readonly IsVersion[]>> = {
  postgres: ["5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.5.0", "5.6.0", "5.7.0", "5.8.0", "5.9.0", "5.10.0"],
};

describeDialects("The way back", (dialect) => {
  let lab: BackPair;
  afterEach(() => lab.close());

  const journaled = async (side: "source" | "target", table: string): Promise<number> =>
    (await lab.pair[side].test.query(`SELECT ACTION FROM ${table}_S WHERE ACTION <> 'ANCHOR'`)).length;
  const row = async (table: string, where: string): Promise<Row | undefined> =>
    (await lab.pair.source.test.query(`SELECT * FROM ${table} WHERE ${where}`))[0] as Row | undefined;

  describe.each(RELEASES[dialect.name] ?? SOME)("to %s", (sourceVersion) => {
    beforeEach(async () => {
      lab = await openBackPair(dialect, sourceVersion);
    });

    test("brings what users did on green, as blue's release holds it, and echoes nothing", async () => {
      const { pair, blue, runForward, prepareBack, runBack, backPlan } = lab;
      await pair.source.test.exec([
        token("t1", "ann", 5),
        scope("t1", "openid"),
        code("c1", 5),
        claim("ann", "1"),
        claim("bob", "1"),
      ]);
      await runForward();
      await prepareBack();
      await pair.target.test.exec([
        `UPDATE ${TOKENS} SET TOKEN_STATE = 'REVOKED', TOKEN_STATE_ID = 'x' WHERE TOKEN_ID = 't1'`,
        token("g1", "ann", 60, { IDP_ID: "7" }),
        scope("g1", "openid"),
        scope("g1", "email"),
        token("g2", "joe", 60, { IDP_ID: "80", USER_DOMAIN: "'FEDERATED'" }),
        token("g3", "ann", 61),
        `DELETE FROM ${CODES} WHERE CODE_ID = 'c1'`,
        code("c2", 60),
        `UPDATE ${CLAIMS} SET DATA_VALUE = '2' WHERE USER_NAME = 'ann'`,
        `DELETE FROM ${CLAIMS} WHERE USER_NAME = 'bob'`,
        claim("eve", "3"),
      ]);
      await runBack();
      const since = (release: IsVersion): boolean => compareVersions(sourceVersion, release) >= 0;
      expect(await row(TOKENS, "TOKEN_ID = 't1'")).toMatchObject({ TOKEN_STATE: "REVOKED" });
      const g1 = await row(TOKENS, "TOKEN_ID = 'g1'");
      expect(String(g1?.["CONSUMER_KEY_ID"])).toBe("6");
      expect(g1).toMatchObject({
        ACCESS_TOKEN: "at-g1",
        REFRESH_TOKEN: "rt-g1",
        TOKEN_SCOPE_HASH: HASH_OF_SCOPES,
      });
      expect(String(g1?.["IDP_ID"])).toBe(since("5.8.0") ? "7" : "undefined");
      expect("ACCESS_TOKEN_HASH" in (g1 ?? {})).toBe(since("5.5.0"));
      const g2 = await row(TOKENS, "TOKEN_ID = 'g2'");
      // Until 5.3.0 a server would take a federated user for the local one of that name.
      const federated = since("5.8.0") ? "FEDERATED" : since("5.4.0") ? "FEDERATED:GOOGLE" : undefined;
      expect(g2?.["USER_DOMAIN"]).toBe(federated);
      expect(await row(TOKENS, "TOKEN_ID = 'g3'")).toBeUndefined();
      expect(await row(CODES, "CODE_ID = 'c1'")).toBeUndefined();
      expect(String((await row(CODES, "CODE_ID = 'c2'"))?.["CONSUMER_KEY_ID"])).toBe("6");
      expect(await row(CLAIMS, "USER_NAME = 'ann'")).toMatchObject({ DATA_VALUE: "2" });
      expect(await row(CLAIMS, "USER_NAME = 'bob'")).toBeUndefined();
      expect(await row(CLAIMS, "USER_NAME = 'eve'")).toMatchObject({ DATA_VALUE: "3" });
      expect(
        (await pair.rows("source", SCOPES)).map((one) => `${one["TOKEN_ID"]} ${one["TOKEN_SCOPE"]}`),
      ).toEqual(["g1 email", "g1 openid", "t1 openid"]);
      const tables = planTables(await backPlan());
      const letters = { dialect: blue.dialect, name: deadLettersName(tables[0]?.target.name ?? "") };
      const reasons = (await listDeadLetters(blue.db, letters)).map(({ reason }) => reason).sort();
      expect(reasons).toEqual([
        ...(federated === undefined ? [expect.stringContaining("a federated user")] : []),
        expect.stringContaining("blue does not know the application"),
      ]);

      // Journals hold what applications wrote, so forward has nothing to do.
      const before = await pair.rows("target", TOKENS);
      await runForward();
      expect(await pair.rows("target", TOKENS)).toEqual(before);
      expect(await journaled("source", TOKENS)).toBe(1);
      expect(await journaled("source", CLAIMS)).toBe(2);
      expect(await journaled("target", TOKENS)).toBe(4);
      expect(await journaled("target", CLAIMS)).toBe(3);
    });
  });

  test("leaves the other direction's capture alone, and goes on from its own checkpoint", async () => {
    lab = await openBackPair(dialect, "5.7.0");
    const { pair, blue, green, runForward, prepareBack, runBack } = lab;
    await prepareBack();
    const forward = planTables(await pair.plan());
    const { journals } = await installCapture(blue.db, blue.dialect, forward);
    await expect(findLeftovers(green.db, green.dialect, forward, journals)).rejects.toMatchObject({
      code: "TARGET_LEFTOVERS",
    });
    await prepareTarget(green.db, green.dialect, forward, journals, { capturesItself: true });
    await prepareBack();
    await pair.target.test.exec([claim("ann", "1")]);
    await runBack();
    await pair.target.test.exec([`UPDATE ${CLAIMS} SET DATA_VALUE = '2' WHERE USER_NAME = 'ann'`]);
    await pair.source.test.exec([claim("bob", "1")]);
    await runForward();
    await runBack();
    const expected = [
      { USER_NAME: "bob", DATA_VALUE: "1" },
      { USER_NAME: "ann", DATA_VALUE: "2" },
    ];
    for (const side of ["source", "target"] as const)
      expect(await pair.rows(side, CLAIMS)).toMatchObject(expected);
    expect(await journaled("source", CLAIMS)).toBe(1);
    expect(await journaled("target", CLAIMS)).toBe(2);
  });
});
