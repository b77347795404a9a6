import { afterEach, expect, test } from "vitest";
import { compareVersions, type IsVersion } from "../../src/config/versions.ts";
import { backProfiles } from "../../src/transform/crypto/back-profiles.ts";
import { openCryptoPool } from "../../src/transform/crypto/crypto-pool.ts";
import type { Processor } from "../../src/transform/crypto/profile.ts";
import { writeSymmetric } from "../../src/transform/crypto/write-stored.ts";
import { readByKeys } from "../../src/transform/read-values.ts";
import { aesKey, rsaKey, stored } from "../support/crypto-vectors.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { openAsymmetric } from "../support/open-stored.ts";
import { type BackPair, CARRIED, code, openBackPair, scope, token } from "../support/way-back/back-pair.ts";
import { wso2LookUps } from "../support/way-back/wso2-look-ups.ts";

const [TOKENS, , CODES] = CARRIED;

/** What the users' programs hold: the plaintexts of the vectors. */
const ACCESS = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";
const REFRESH = "9e8d7c6b-5a49-3827-b615-04f3e2d1c0b9";
/** By `printf %s <token> | sha256sum`. */
const ACCESS_HEX = "f4a8e941a2d2d9c286afafac061d20158691dcd2e65192c4cbf83b953f6f2a5b";
const REFRESH_HEX = "da4bef2e4dadee580989a8ab28c03df2e339a7704968006241b486656bcd9320";
const ACCESS_JSON = `{"hash":"${ACCESS_HEX}","algorithm":"SHA-256"}`;
const REFRESH_JSON = `{"hash":"${REFRESH_HEX}","algorithm":"SHA-256"}`;
/** By `printf %s at-g2 | sha256sum`. */
const SECOND_HEX = "3f201b84053d16608f930227435241754aa13d83d689ff2c0db64ae999a4baaf";
const SECOND_JSON = `{"hash":"${SECOND_HEX}","algorithm":"SHA-256"}`;

const GREEN_KEY = aesKey("default32");
/** Green's columns of a token, by its processor. */
const ON_GREEN: Readonly<Record<Processor, { readonly access: string; readonly refresh: string }>> = {
  plain: { access: ACCESS, refresh: REFRESH },
  encrypted: {
    access: stored("aes-gcm-default32-accessToken"),
    refresh: writeSymmetric(REFRESH, GREEN_KEY),
  },
  hashed: { access: ACCESS_JSON, refresh: REFRESH_JSON },
};

const isOf = (release: IsVersion, first: IsVersion): boolean => compareVersions(release, first) >= 0;

/** What blue's server looks for when it is shown the tokens: of each release, with each of its processors. */
function shown(
  release: IsVersion,
  processor: Processor,
): { readonly access: string; readonly refresh: string } {
  if (isOf(release, "5.7.0")) return { access: ACCESS_JSON, refresh: REFRESH_JSON };
  if (isOf(release, "5.5.0")) return { access: ACCESS_HEX, refresh: REFRESH_HEX };
  if (processor === "plain") return { access: ACCESS, refresh: REFRESH };
  // As WSO2's own classes wrote them, the same each time; the short key's fit into the columns of every release.
  return {
    access: stored("rsa-raw-rsa1024-accessToken"),
    refresh: stored("rsa-raw-rsa1024-refreshToken"),
  };
}

/** Releases that ask, or hold tokens, each in its own way. */
const RELEASES: Partial<Record<TestDialectName, readonly IsVersion[]>> = {
  postgres: ["5.1.0", "5.6.0", "5.7.0", "5.9.0", "5.10.0"],
};

describeDialects(
  "A token of green's",
  (dialect) => {
    let lab: BackPair;
    let closePool: (() => Promise<void>) | undefined;
    afterEach(async () => {
      await lab.close();
      await closePool?.();
    });

    test.each(RELEASES[dialect.name] ?? (["5.4.0", "5.10.0"] as const))(
      "is found on a blue of %s by what its server asks, however it is stored",
      async (release) => {
        lab = await openBackPair(dialect, release);
        const { source, target } = lab.pair;
        await lab.prepareBack();
        const blueKey = rsaKey(isOf(release, "5.5.0") ? "primary" : "rsa1024");
        const asked = wso2LookUps(release);
        const ask = async (sql: string, ...params: readonly string[]) => {
          let n = 0;
          return await source.test.query(sql.replace(/\?/g, () => `'${params[n++]}'`));
        };

        const processors: readonly Processor[] = isOf(release, "5.5.0")
          ? ["plain", "encrypted", "hashed"]
          : ["plain", "encrypted"];
        for (const processor of processors) {
          const { access, refresh } = ON_GREEN[processor];
          const hashes = { ACCESS_TOKEN_HASH: `'${ACCESS_JSON}'`, REFRESH_TOKEN_HASH: `'${REFRESH_JSON}'` };
          await target.test.exec([
            token("g1", "ann", 60, {
              IDP_ID: "80",
              ACCESS_TOKEN: `'${access}'`,
              REFRESH_TOKEN: `'${refresh}'`,
              ...hashes,
            }),
            scope("g1", "openid"),
            code("c1", 60, {
              IDP_ID: "80",
              AUTHORIZATION_CODE: `'${access}'`,
              AUTHORIZATION_CODE_HASH: `'${ACCESS_JSON}'`,
            }),
          ]);
          const profiles = backProfiles(
            {
              source: {
                processor,
                hashAlgorithm: "SHA-256",
                keys: { rsa: [blueKey], symmetric: [] },
                mixedRows: false,
              },
              target: {
                processor,
                hashAlgorithm: "SHA-256",
                encryption: { kind: "symmetric", key: GREEN_KEY },
              },
            },
            release,
          );
          const pool = openCryptoPool(profiles);
          closePool = () => pool.close();
          const keys = { profiles, readValues: readByKeys(pool) };
          await lab.runBack(keys);

          const looks = shown(release, processor);
          const idp = isOf(release, "5.8.0") ? { NAME: "Google" } : {};
          const found = { AUTHZ_USER: "ann", USER_DOMAIN: "PRIMARY", ...idp };
          const foundToken = { ...found, TOKEN_ID: "g1", TOKEN_SCOPE: "openid" };
          expect([processor, await ask(asked.accessToken, looks.access)]).toEqual([
            processor,
            [{ ...foundToken, CONSUMER_KEY: "later" }],
          ]);
          expect([processor, await ask(asked.refreshToken, "later", looks.refresh)]).toEqual([
            processor,
            [{ ...foundToken, TOKEN_STATE: "ACTIVE" }],
          ]);
          expect([processor, await ask(asked.code, "later", looks.access)]).toEqual([
            processor,
            [{ ...found, CODE_ID: "c1", STATE: "ACTIVE" }],
          ]);
          expect(await ask(asked.accessToken, looks.refresh)).toEqual([]);
          // The same user in another browser: green tells the two tokens apart by their bindings, blue before 5.10.0 by nothing.
          if (processor === "plain") {
            await target.test.exec([
              token("g2", "ann", 60, { IDP_ID: "80", TOKEN_BINDING_REF: "'another'" }),
              scope("g2", "openid"),
            ]);
            await lab.runBack(keys);
            const second = isOf(release, "5.7.0")
              ? SECOND_JSON
              : isOf(release, "5.5.0")
                ? SECOND_HEX
                : "at-g2";
            expect(await ask(asked.accessToken, second)).toMatchObject([
              { TOKEN_ID: "g2", TOKEN_SCOPE: "openid" },
            ]);
            expect(await ask(asked.accessToken, looks.access)).toMatchObject([{ TOKEN_ID: "g1" }]);
          }
          // What the server gives out again it opens with blue's key.
          if (processor === "encrypted" && isOf(release, "5.5.0")) {
            const [row] = await source.test.query(`SELECT ACCESS_TOKEN, REFRESH_TOKEN FROM ${TOKENS}`);
            const opened = Object.values(row ?? {}).map((value) =>
              openAsymmetric(String(value), blueKey.privateKey),
            );
            expect(opened.sort()).toEqual([ACCESS, REFRESH]);
          }

          await target.test.exec([`DELETE FROM ${TOKENS}`, `DELETE FROM ${CODES}`]);
          await lab.runBack(keys);
          expect(await ask(asked.accessToken, looks.access)).toEqual([]);
          await pool.close();
          closePool = undefined;
        }
      },
    );
  },
  // The queries are written as these have them.
  ["postgres", "mariadb", "mysql"],
);
