import { expect, test } from "vitest";
import { checksAsMarkdown, formatChecks, type SchemaCheck, serversOf } from "../../../src/cli/doctor-text.ts";
import type { ConnectionSettings } from "../../../src/config/sync-config.ts";

const settings = (host: string, more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  type: "postgres",
  hosts: [{ host, port: 5432 }],
  user: "wso2sync",
  password: "secret",
  tls: { mode: "disable" },
  connectTimeoutMs: 1,
  pool: { max: 3, acquireTimeoutMs: 1 },
  ...more,
});
const PAIR = { source: settings("blue"), target: settings("green") };

const check = (id: string, about: Partial<SchemaCheck> = {}): SchemaCheck => ({
  schema: "identity",
  servers: serversOf({ id }, PAIR),
  id,
  group: "settings",
  title: "a title",
  status: "ok",
  found: "all well",
  wanted: "all well",
  mend: [],
  ...about,
});

const RESULTS = [
  check("source.reach"),
  check("target.grants-run", {
    status: "fail",
    found: "no SELECT on `T`|U",
    wanted: "SELECT",
    mend: [{ on: "target", text: "GRANT SELECT ON `T` TO x" }],
  }),
  check("tables.match", {
    status: "warn",
    found: "<b>odd</b>",
    wanted: "even",
    mend: [{ on: "elsewhere", text: "Ask" }],
  }),
];

test("failures come first, in columns, each with host and user", () => {
  expect(formatChecks(RESULTS)).toBe(
    [
      "FAIL    identity target.grants-run: wso2sync@green:5432                    a title: no SELECT on `T`|U",
      "          wanted: SELECT",
      "          on the target: GRANT SELECT ON `T` TO x;",
      "warn    identity tables.match:      wso2sync@blue:5432 wso2sync@green:5432 a title: <b>odd</b>",
      "          wanted: even",
      "          mend: Ask",
      "ok      identity source.reach:      wso2sync@blue:5432                     a title: all well",
      "1 ok, 1 warnings, 1 failed, 0 unknown",
    ].join("\n"),
  );
});

test("the document has the same, with nothing of a name taken for markup", () => {
  expect(checksAsMarkdown(RESULTS, "2026-01-31T23:59:59.123Z")).toBe(`# sync-tool doctor

2026-01-31T23:59:59.123Z: 1 ok, 1 warnings, 1 failed, 0 unknown.

| Status | Check | Server | About | Found |
|---|---|---|---|---|
| FAIL | identity target.grants-run | target: wso2sync@green:5432 | a title | no SELECT on \\\`T\\\`\\|U |
| warn | identity tables.match | source: wso2sync@blue:5432, target: wso2sync@green:5432 | a title | \\<b\\>odd\\</b\\> |
| ok | identity source.reach | source: wso2sync@blue:5432 | a title | all well |

## What mends it

### identity target.grants-run

Wanted: SELECT

On the target:

\`\`\`sql
GRANT SELECT ON \`T\` TO x;
\`\`\`

### identity tables.match

Wanted: even

Ask

`);
});

test("a socket and the hosts of a failover list are named", () => {
  const hosts = [
    { host: "b1", port: 1 },
    { host: "b2", port: 2 },
  ];
  expect(
    serversOf(
      { id: "tables.match" },
      { source: settings("", { hosts }), target: settings("", { socketPath: "/run/s" }) },
    ),
  ).toEqual([
    { side: "source", host: "b1:1,b2:2", user: "wso2sync" },
    { side: "target", host: "/run/s", user: "wso2sync" },
  ]);
});
