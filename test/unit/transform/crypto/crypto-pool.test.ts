import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { DecideJob } from "../../../../src/transform/crypto/crypto-job.ts";
import { openCryptoPool } from "../../../../src/transform/crypto/crypto-pool.ts";
import { RSA_AND_AES_TO_PLAIN, rsaKey, stored } from "../../../support/crypto-vectors.ts";

/** Stored values of three kinds with what each becomes in a target that stores plain. */
const KINDS = [
  { id: "rsa-raw-primary-accessToken", value: "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a" },
  { id: "rsa-oaep-sha1-refreshToken", value: "9e8d7c6b-5a49-3827-b615-04f3e2d1c0b9" },
  { id: "rsa-raw-rsa1024-totpSecret", value: "KRSXG5CTMVRXEZLU" },
  { id: "aes-gcm-own32-totpSecret", value: "KRSXG5CTMVRXEZLU" },
  { id: "rsa-oaep-wrong-key", value: undefined },
];

function mixedJobs(count: number): {
  readonly jobs: readonly DecideJob[];
  readonly values: readonly unknown[];
} {
  const picked = Array.from({ length: count }, (_, i) => KINDS[(i * 7) % KINDS.length] ?? KINDS[0]);
  return {
    jobs: picked.map((kind) => ({ kind: "token", value: stored(kind?.id ?? ""), hash: null })),
    values: picked.map((kind) => kind?.value),
  };
}

describe("crypto pool", () => {
  it.each([
    ["on threads", { workers: 2, inlineUpTo: 0 }],
    ["on the calling thread with one core", { workers: 1 }],
    ["on the calling thread with few values", { workers: 2, inlineUpTo: 1000 }],
  ])("keeps the order of values that take different time, %s", async (_name, options) => {
    const pool = openCryptoPool(RSA_AND_AES_TO_PLAIN, options);
    try {
      const { jobs, values } = mixedJobs(203);
      const decisions = await pool.decide(jobs);
      expect(decisions.map((decision) => ("value" in decision ? decision.value : undefined))).toEqual(values);
      expect(decisions.filter((decision) => "refuse" in decision)).toHaveLength(41);
    } finally {
      await pool.close();
    }
  });

  it("answers several batches at once, each in its own order", async () => {
    const pool = openCryptoPool(RSA_AND_AES_TO_PLAIN, { workers: 2, inlineUpTo: 0 });
    try {
      const batches = [40, 5, 70].map(mixedJobs);
      const answers = await Promise.all(batches.map(({ jobs }) => pool.decide(jobs)));
      const found = answers.map((batch) => batch.map((each) => ("value" in each ? each.value : undefined)));
      expect(found).toEqual(batches.map(({ values }) => values));
    } finally {
      await pool.close();
    }
  });

  it("decides on TOTP secrets and reads values on threads too", async () => {
    const target = {
      ...RSA_AND_AES_TO_PLAIN.target,
      encryption: { kind: "asymmetric", key: rsaKey("primary") },
    } as const;
    const pool = openCryptoPool({ ...RSA_AND_AES_TO_PLAIN, target }, { workers: 2, inlineUpTo: 0 });
    try {
      const value = stored("rsa-oaep-sha1-totpSecret");
      expect(
        await pool.decide([
          { kind: "totp", value },
          { kind: "totp", value: null },
        ]),
      ).toEqual([
        { value, hash: null },
        { value: null, hash: null },
      ]);
      expect(await pool.read([value, stored("rsa-oaep-wrong-key")])).toEqual([
        { plain: "KRSXG5CTMVRXEZLU" },
        {
          failure:
            "no configured RSA key opens the value; it names the certificate 15E8A8E6734D11DB92058F718B81D30FCF40F36F",
        },
      ]);
    } finally {
      await pool.close();
    }
  });

  it("rejects what is under way when it is closed, and all that comes after", async () => {
    const pool = openCryptoPool(RSA_AND_AES_TO_PLAIN, { workers: 2, inlineUpTo: 0 });
    const underWay = pool.decide(mixedJobs(500).jobs).then(
      () => "answered",
      (error: unknown) => (error instanceof Error ? error.message : "no error"),
    );
    await pool.close();
    expect(await underWay).toBe("a crypto thread has ended");
    await expect(pool.decide([])).rejects.toThrow("the crypto pool is closed");
    await pool.close();
  });

  it("works compiled, without a loader, and an idle pool keeps no process alive", { timeout: 60_000 }, () => {
    const root = join(import.meta.dirname, "../../../..");
    const out = mkdtempSync(join(tmpdir(), "crypto-pool-"));
    try {
      const config = {
        extends: join(root, "src/tsconfig.build.json"),
        compilerOptions: {
          rootDir: join(root, "src"),
          outDir: out,
          typeRoots: [join(root, "node_modules/@types")],
        },
        files: ["crypto-pool.ts", "crypto-worker.ts"].map((file) => join(root, "src/transform/crypto", file)),
        include: [],
      };
      writeFileSync(join(out, "tsconfig.json"), JSON.stringify(config));
      writeFileSync(join(out, "package.json"), '{"type":"module"}');
      execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", out]);
      const script = `
        import { openCryptoPool } from ${JSON.stringify(pathToFileURL(join(out, "transform/crypto/crypto-pool.js")).href)};
        import { createPrivateKey } from "node:crypto";
        const key = { privateKey: createPrivateKey({ key: Buffer.from(process.env.KEY, "base64"), format: "der", type: "pkcs8" }), certificateDer: new Uint8Array(), thumbprint: "", modulusBytes: 256 };
        const source = { processor: "encrypted", hashAlgorithm: "SHA-256", keys: { rsa: [key], symmetric: [] }, mixedRows: false };
        const target = { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined };
        const pool = openCryptoPool({ source, target }, { workers: 2, inlineUpTo: 0 });
        const results = await pool.read(Array(40).fill(process.env.STORED));
        process.stdout.write(results.map((result) => result.plain).join(","));`;
      const env = {
        KEY: rsaKey("primary").privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
        STORED: stored("rsa-raw-primary-totpSecret"),
      };
      const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
        env,
        timeout: 30_000,
      });
      expect(printed.toString()).toBe(Array(40).fill("KRSXG5CTMVRXEZLU").join(","));
    } finally {
      rmSync(out, { recursive: true });
    }
  });
});
