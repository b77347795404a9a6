/**
 * Finds out what kind of server answers at an address, by the first bytes it says. A driver that meets another protocol than
 * its own says that the connection ended, or waits for a greeting that never comes.
 */
import { connect, type Socket } from "node:net";
import type { HostPort } from "./pick-host.ts";
import { OTHER_SERVER, SILENT, unusable } from "./unusable.ts";

/** How a driver's own servers are called here. */
export type Speaker = "MySQL or MariaDB" | "PostgreSQL" | "SQL Server" | "Oracle";

type Found = Speaker | "an HTTP server" | "an SSH server" | "a TLS server" | "a mail or FTP server";

/** For a server to greet, or to answer a question. Within a data centre it takes a few milliseconds. */
const ANSWER_MS = 600;

/** A greeting comes unasked, so the first conversation listens before it asks. */
const LISTEN = Buffer.alloc(0);
/** "SSLRequest" (PostgreSQL docs, "Message Formats"): the server answers S or N. */
const SSL_REQUEST = Buffer.from("0000000804d2162f", "hex");
/** PRELOGIN with a version alone ([MS-TDS] 2.2.6.5). */
const PRELOGIN = Buffer.from("1201001400000000" + "0000060006ff" + "000000000000", "hex");
const HTTP = Buffer.from("GET / HTTP/1.0\r\n\r\n", "latin1");

/** The CONNECT packet that `tnsping` sends: a listener answers it whatever services it has. */
function tnsPing(): Buffer {
  const data = Buffer.from("(CONNECT_DATA=(COMMAND=ping))", "latin1");
  const packet = Buffer.alloc(58 + data.length);
  packet.writeUInt16BE(packet.length, 0);
  packet[4] = 1;
  // Version, oldest version, options, sizes of units, protocol, turnaround, byte order, length and place of the data.
  for (const [i, word] of [314, 300, 0, 2048, 32_767, 0x4f98, 0, 1, data.length, 58].entries())
    packet.writeUInt16BE(word, 8 + 2 * i);
  data.copy(packet, 58);
  return packet;
}

const CONVERSATIONS: readonly (readonly Buffer[])[] = [
  [LISTEN, SSL_REQUEST],
  [PRELOGIN],
  [tnsPing()],
  [HTTP],
];

/** Undefined when nobody says anything that can be told apart. Never rejects; takes three seconds at most. */
export async function whoAnswers(place: HostPort): Promise<Found | undefined> {
  for (const questions of CONVERSATIONS) {
    const found = await converse(place, questions);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function converse(place: HostPort, questions: readonly Buffer[]): Promise<Found | undefined> {
  const socket = connect(place);
  socket.on("error", () => undefined);
  try {
    for (const question of questions) {
      socket.write(question);
      const answer = await firstBytes(socket);
      if (answer === "ended") return undefined;
      const found = answer === undefined ? undefined : speaker(answer);
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    socket.destroy();
  }
}

function firstBytes(socket: Socket): Promise<Buffer | "ended" | undefined> {
  return new Promise((resolve) => {
    const end = (answer: Buffer | "ended" | undefined): void => {
      clearTimeout(timer);
      socket.off("data", end);
      socket.off("close", onClose);
      resolve(answer);
    };
    const onClose = (): void => end("ended");
    const timer = setTimeout(() => end(undefined), ANSWER_MS);
    socket.once("data", end);
    socket.once("close", onClose);
  });
}

/** Exported for its test. */
export function speaker(bytes: Buffer): Found | undefined {
  const text = bytes.subarray(0, 8).toString("latin1");
  // A packet's length, its number 0, then protocol version 10 or an error (MySQL internals, "Protocol::Handshake").
  if (bytes[3] === 0 && (bytes[4] === 10 || bytes[4] === 255) && bytes.readUIntLE(0, 3) <= bytes.length - 4)
    return "MySQL or MariaDB";
  if (/^[SN]$/.test(text) || /^E\0\0/.test(text)) return "PostgreSQL";
  if (/^HTTP\//.test(text)) return "an HTTP server";
  if (/^SSH-/.test(text)) return "an SSH server";
  if (/^220[ -]/.test(text)) return "a mail or FTP server";
  // An alert record.
  if (bytes[0] === 0x15 && bytes[1] === 0x03) return "a TLS server";
  if (bytes[0] === 4 && bytes[1] === 1) return "SQL Server";
  // ACCEPT, REFUSE, REDIRECT, RESEND.
  if (bytes.length >= 8 && bytes.readUInt16BE(0) <= bytes.length && [2, 4, 5, 11].includes(bytes[4] ?? 0))
    return "Oracle";
  return undefined;
}

/** How long a connection may be silent before somebody else than its driver looks who is there. */
const LOOK_AFTER_MS = 1_000;

/**
 * Ends a driver's socket when its other end says nothing and is found to speak another protocol. A driver that waits for a
 * greeting would do so until its time limit.
 */
export function lookWhenSilent(socket: Socket, place: HostPort, wanted: Speaker): void {
  socket.once("connect", () => {
    const timer = setTimeout(() => {
      if (socket.bytesRead > 0) return;
      void whoAnswers(place).then((found) => {
        if (found === undefined || found === wanted || socket.bytesRead > 0) return;
        socket.destroy(unusable(OTHER_SERVER, found));
      });
    }, LOOK_AFTER_MS);
    socket.once("close", () => clearTimeout(timer));
  });
}

/**
 * A better reason for a driver's failure to open a connection, by a look at who answers. Undefined when there is none:
 * the address is right, or nothing is known about it.
 */
export async function otherServer(place: HostPort, wanted: Speaker): Promise<Error | undefined> {
  const found = await whoAnswers(place);
  if (found !== undefined) return found === wanted ? undefined : unusable(OTHER_SERVER, found);
  return (await takesConnections(place)) ? unusable(SILENT) : undefined;
}

function takesConnections(place: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place);
    const end = (takes: boolean): void => {
      socket.destroy();
      resolve(takes);
    };
    socket.setTimeout(ANSWER_MS, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
