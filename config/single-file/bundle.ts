/** sync-tool with all it needs as one text of CommonJS, the form that a single executable of Node takes. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";

export const ROOT = join(import.meta.dirname, "../..");

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  write: false,
  minifySyntax: true,
  // Names of classes and functions stand in errors and traces.
  keepNames: true,
  legalComments: "none",
  logLevel: "error",
} as const satisfies BuildOptions;

/**
 * Drivers of databases that are not ours, which knex or a driver looks for in vain, and parts that the drivers load only when
 * they are asked to by settings that nothing of ours sets.
 */
const ABSENT = [
  ...["better-sqlite3", "sqlite3", "mysql", "pg-native", "pg-query-stream", "oracle", "cardinal"],
  ...["mariadb/callback"],
];

/** The text of the whole command; what it imports only when it is needed, a driver for one, runs only then. */
export async function bundle(): Promise<string> {
  const worker = await textOf({
    ...COMMON,
    entryPoints: ["src/transform/crypto/crypto-worker.ts"],
    define: {},
  });
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  return await textOf({
    ...COMMON,
    stdin: {
      resolveDir: ROOT,
      contents: `import { main } from "./src/cli/main.ts";
main(process.argv.slice(2)).then((code) => { process.exitCode = code; });`,
    },
    external: ABSENT,
    plugins: [NO_AZURE],
    define: {
      BUNDLED_VERSION: JSON.stringify(version),
      BUNDLED_CRYPTO_WORKER: JSON.stringify(worker),
    },
  });
}

/** Logins to SQL Server by Entra ID, of which sync-tool offers none; its packages open browsers and are half of the size. */
const NO_AZURE: Plugin = {
  name: "no-azure",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@azure\/identity$/ }, () => ({ path: "none", namespace: "no-azure" }));
    onLoad({ filter: /.*/, namespace: "no-azure" }, () => ({ contents: "" }));
  },
};

/** @throws Error when a module asks where its file is: it has none. */
async function textOf(options: BuildOptions): Promise<string> {
  const { outputFiles = [], warnings } = await build({
    ...options,
    logOverride: { "empty-import-meta": "silent" },
  });
  const text = outputFiles[0]?.text ?? "";
  const asking = text.split("\n").filter((line) => /\bimport_meta\d*\./.test(line));
  if (asking.length > 0) throw new Error(`import.meta is used in the bundle:\n${asking.join("\n")}`);
  if (warnings.length > 0) throw new Error(warnings.map(({ text: words }) => words).join("\n"));
  return text;
}
