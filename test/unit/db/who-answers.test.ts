import { createServer, type Server, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import type { ConnectionSettings, DatabaseType } from "../../../src/config/sync-config.ts";
import { whoAnswers } from "../../../src/db/who-answers.ts";
import { connectionAdvice } from "../../../src/dialect/connection-error.ts";
import { loadDialect } from "../../../src/dialect/registry.ts";

const servers: Server[] = [];
const open = new Set<Socket>();
afterAll(async () => {
  for (const socket of open) socket.destroy();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});

/** A server that greets with these bytes, or answers what it is asked, and nothing else. */
async function listen(greeting: string, answer: (asked: Buffer) => string = () => ""): Promise<number> {
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    if (greeting !== "") socket.write(Buffer.from(greeting, "latin1"));
    socket.on("data", (asked) => {
      const text = answer(asked);
      if (text !== "") socket.end(Buffer.from(text, "latin1"));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

const MYSQL_GREETING = "\x4a\0\0\0\x0a8.4.0\0".padEnd(78, "\x01");
const HTTP_ANSWER = "HTTP/1.1 400 Bad Request\r\n\r\n";
/** What each kind of server says first, and to whom. */
const SPEAKERS: Readonly<Record<string, () => Promise<number>>> = {
  "MySQL or MariaDB": () => listen(MYSQL_GREETING),
  PostgreSQL: () => listen("", (asked) => (asked.toString("hex") === "0000000804d2162f" ? "N" : "")),
  "SQL Server": () => listen("", (asked) => (asked[0] === 0x12 ? "\x04\x01\0\x0c\0\0\x01\0abcd" : "")),
  // TNS REFUSE, as a listener answers tnsping.
  Oracle: () =>
    listen("", (asked) => (asked.includes("COMMAND=ping") ? "\0\x10\0\0\x04\0\0\0\x22\0\0\x04(AB)" : "")),
  "an HTTP server": () => listen("", () => HTTP_ANSWER),
  "an SSH server": () => listen("SSH-2.0-OpenSSH_9.2\r\n"),
  "a TLS server": () => listen("", () => "\x15\x03\x01\0\x02\x02\x46"),
  "a mail or FTP server": () => listen("220 mail.example ESMTP\r\n"),
};

test.each(Object.entries(SPEAKERS))("%s is known by its first bytes", async (name, start) => {
  expect(await whoAnswers({ host: "127.0.0.1", port: await start() })).toBe(name);
});

test("a port that takes connections and says nothing, and one that takes none, are not taken for a server", async () => {
  expect(await whoAnswers({ host: "127.0.0.1", port: await listen("") })).toBeUndefined();
  const closed = await listen("");
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await whoAnswers({ host: "127.0.0.1", port: closed })).toBeUndefined();
});

const settings = (type: DatabaseType, port: number): ConnectionSettings => ({
  type,
  hosts: [{ host: "127.0.0.1", port }],
  database: "d",
  user: "u",
  password: "p",
  tls: { mode: "disable" },
  connectTimeoutMs: 1_500,
  pool: { max: 2, acquireTimeoutMs: 4_000 },
});

const OWN: Readonly<Record<DatabaseType, string>> = {
  postgres: "PostgreSQL",
  mysql: "MySQL or MariaDB",
  mariadb: "MySQL or MariaDB",
  mssql: "SQL Server",
  oracle: "Oracle",
};

for (const [type, own] of Object.entries(OWN) as [DatabaseType, string][]) {
  test.concurrent.each(Object.keys(SPEAKERS).filter((name) => name !== own))(
    `${type} says that %s answers, and which URL to correct`,
    async (name) => {
      const dialect = await loadDialect(type);
      const port = (await SPEAKERS[name]?.()) ?? 0;
      const error = await dialect.connect(settings(type, port)).catch((one: unknown) => one);
      const found = dialect.classifyError(error);
      expect(found).toMatchObject({ class: "connection", reason: `${name} answers there` });
      expect(connectionAdvice(found, { owner: "Blue", place: "deployment.toml:3" })).toBe(
        "Correct product, host and port in the url of Blue in deployment.toml:3",
      );
    },
  );

  test.concurrent(`${type} says that nobody answers, where a port takes connections and is silent`, async () => {
    const dialect = await loadDialect(type);
    const error = await dialect.connect(settings(type, await listen(""))).catch((one: unknown) => one);
    expect(dialect.classifyError(error).reason).toBe("the port takes connections but nobody answers on them");
  });
}
