import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectionSettings } from "../../../src/config/sync-config.ts";
import type { ClassifiedError } from "../../../src/db/classified-error.ts";
import { loadDialect } from "../../../src/dialect/registry.ts";

const servers = new Set<Server>();
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers) await new Promise<void>((resolve) => server.close(() => resolve()));
  servers.clear();
});

/** A listener that does what it is told with every connection. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const made = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  servers.add(made);
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  const address = made.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** How a connection that cannot be opened is classified. */
async function classOfFailure(
  type: ConnectionSettings["type"],
  port: number,
  settings: Partial<ConnectionSettings> = {},
): Promise<ClassifiedError> {
  const dialect = await loadDialect(type);
  const connecting = dialect.connect({
    type,
    hosts: [{ host: "127.0.0.1", port }],
    user: "sync_tool",
    password: "not-to-be-seen",
    tls: { mode: "disable" },
    connectTimeoutMs: 2_000,
    pool: { max: 1, acquireTimeoutMs: 4_000 },
    ...settings,
  });
  const error: unknown = await connecting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeDefined();
  const found = dialect.classifyError(error);
  expect(`${found.code} ${found.reason}`).not.toContain("not-to-be-seen");
  return found;
}

describe.each(["postgres", "mysql", "mariadb", "mssql", "oracle"] as const)("connecting to %s", (type) => {
  const failure = (port: number): Promise<ClassifiedError> =>
    classOfFailure(type, port, {
      database: "identity",
      connectTimeoutMs: 1_000,
      pool: { max: 2, acquireTimeoutMs: 4_000 },
    });

  test("is a connection failure when nobody listens", async () => {
    const port = await listen(() => undefined);
    for (const server of servers) server.close();
    servers.clear();
    expect(await failure(port)).toMatchObject({ class: "connection" });
  });

  test("is a connection failure when the server hangs up", async () => {
    const port = await listen((socket) => socket.destroy());
    expect(await failure(port)).toMatchObject({ class: "connection" });
  });

  test("ends in time when the server says nothing", async () => {
    const port = await listen(() => undefined);
    // Loading a driver takes its time where others use the processor too.
    await loadDialect(type);
    const start = Date.now();
    expect(await failure(port)).toMatchObject({ class: "connection" });
    expect(Date.now() - start).toBeLessThan(8_000);
  });
});

describe("what a login is answered", () => {
  /**
   * A database that cannot be opened is refused with what is wrong, then 4060, then 18456, which is also what a wrong password
   * gives ("Database Engine events and errors"; "MS-TDS", 2.2.7.10, one token each). Retried for ever are those of a server
   * that is restarting or changing replicas; 4060 alone is one of SqlClient's own list of those ("SqlConfigurableRetryFactory").
   */
  test.each([
    [[18456], "login", "18456"],
    [[18452], "login", "18452"],
    [[4060, 18456], "connection", "4060"],
    [[922, 4060, 18456], "connection", "922"],
    [[983, 4060, 18456], "connection", "983"],
    [[18401], "connection", "18401"],
    [[40613], "connection", "40613"],
    [[29999, 18456], "login", "29999"],
  ])("SQL Server refusing a login with %j is of class %s", async (numbers, errorClass, code) => {
    const port = await listen((socket) => answerLogin(socket, loginErrors(numbers)));
    expect(
      await classOfFailure("mssql", port, {
        connectTimeoutMs: 4_000,
        pool: { max: 1, acquireTimeoutMs: 6_000 },
      }),
    ).toMatchObject({ class: errorClass, code });
  });

  /** Azure sends clients of its own network from its gateway to the node ("Connectivity architecture", redirect). */
  test("SQL Server sending a login to another place is followed there", async () => {
    const node = await listen((socket) => answerLogin(socket, loginErrors([18456])));
    const gateway = await listen((socket) => answerLogin(socket, routedTo(node)));
    expect(await classOfFailure("mssql", gateway)).toMatchObject({ class: "login", code: "18456" });
  });

  test.each([
    [12514, "NJS-518", "the listener does not know the service, at least not yet"],
    [12528, "NJS-511", "the server is starting up or shutting down"],
    [12520, "NJS-511", "the server has too many sessions"],
  ])(
    "what a listener of Oracle refuses with %i may pass: a lost connection",
    async (number, code, reason) => {
      const port = await listen((socket) => socket.once("data", () => socket.write(refusal(number))));
      expect(await classOfFailure("oracle", port, { database: "NOWHERE" })).toMatchObject({
        class: "connection",
        code,
        reason,
      });
    },
  );
});

function answerLogin(socket: Socket, answer: Buffer): void {
  let packets = 0;
  socket.on("data", () => {
    packets += 1;
    socket.write(packets === 1 ? preloginAnswer() : answer);
  });
}

/** TDS packet: type 4 (answer), last of its message ("MS-TDS", 2.2.3). */
function tdsPacket(payload: Buffer): Buffer {
  const header = Buffer.from([0x04, 0x01, 0, 0, 0, 0, 1, 0]);
  header.writeUInt16BE(payload.length + 8, 2);
  return Buffer.concat([header, payload]);
}

/** Version 16.0 and "no encryption" ("MS-TDS", 2.2.6.5). */
function preloginAnswer(): Buffer {
  const options = Buffer.from([0x00, 0, 11, 0, 6, 0x01, 0, 17, 0, 1, 0xff]);
  return tdsPacket(Buffer.concat([options, Buffer.from([16, 0, 0, 0, 0, 0]), Buffer.from([0x02])]));
}

const DONE = Buffer.from([0xfd, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** ERROR tokens and DONE ("MS-TDS", 2.2.7.10 and 2.2.7.6). */
function loginErrors(numbers: readonly number[]): Buffer {
  return tdsPacket(Buffer.concat([...numbers.map(errorToken), DONE]));
}

/** LOGINACK, ENVCHANGE of type 20 (routing) and DONE ("MS-TDS", 2.2.7.14 and 2.2.7.9). */
function routedTo(port: number): Buffer {
  const server = Buffer.from("127.0.0.1", "utf16le");
  const acknowledged = Buffer.from([0xad, 10, 0, 1, 0x74, 0, 0, 4, 0, 16, 0, 0, 0]);
  const place = Buffer.alloc(5);
  place.writeUInt16LE(port, 1);
  place.writeUInt16LE(server.length / 2, 3);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(place.length + server.length, 0);
  const value = Buffer.concat([Buffer.from([20]), length, place, server, Buffer.from([0, 0])]);
  const head = Buffer.from([0xe3, 0, 0]);
  head.writeUInt16LE(value.length, 1);
  return tdsPacket(Buffer.concat([acknowledged, head, value, DONE]));
}

function errorToken(number: number): Buffer {
  const text = Buffer.from("Login failed for user", "utf16le");
  const body = Buffer.alloc(6);
  body.writeInt32LE(number, 0);
  body[4] = 1;
  body[5] = 14;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length / 2, 0);
  const tail = Buffer.from([0, 0, 1, 0, 0, 0]);
  const token = Buffer.concat([body, length, text, tail]);
  const head = Buffer.from([0xaa, 0, 0]);
  head.writeUInt16LE(token.length, 1);
  return Buffer.concat([head, token]);
}

/** TNS packet: type 4 (refuse) with the listener's reason. */
function refusal(number: number): Buffer {
  const text = Buffer.from(
    `(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=${number})(ERROR_STACK=(ERROR=(CODE=${number})(EMFI=4))))`,
  );
  const payload = Buffer.concat([Buffer.from([0x22, 0, 0, 0]), text]);
  payload.writeUInt16BE(text.length, 2);
  const header = Buffer.from([0, 0, 0, 0, 0x04, 0, 0, 0]);
  header.writeUInt16BE(payload.length + 8, 0);
  return Buffer.concat([header, payload]);
}
