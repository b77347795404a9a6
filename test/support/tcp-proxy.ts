/** A TCP proxy on the loopback interface that treats its connections badly when told to. */

import { createServer, connect as dial, type Server, type Socket } from "node:net";

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Ends every connection at once, without a goodbye. New ones are taken. */
  cut(): void;
  /** Passes nothing on any more and closes nothing, as when a cable is pulled: old connections and new ones. */
  silence(): void;
  /** Ends every connection and refuses new ones. */
  refuse(): void;
  /** Takes connections and passes on again. Connections that were silent stay so: what they carried is lost. */
  heal(): Promise<void>;
  /** New connections lead to another server, as when a DNS name comes to stand for it. */
  redirect(to: Address): void;
  /** Packets that clients have sent so far. */
  readonly packets: () => number;
  /** Does something, once, when clients have sent so many packets; the last of them is not passed on. */
  atPacket(count: number, act: () => void): void;
  close(): Promise<void>;
  /** How many are open now. */
  connections(): number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy in front of a server. */
export async function startTcpProxy(to: Address): Promise<TcpProxy> {
  const links = new Set<Link>();
  let isSilent = false;
  let present = to;
  let packets = 0;
  let appointment: { readonly count: number; readonly act: () => void } | undefined;
  /** Whether a packet is to be passed on. */
  const passes = (): boolean => {
    packets += 1;
    if (appointment === undefined || packets < appointment.count) return true;
    const { act } = appointment;
    appointment = undefined;
    act();
    return false;
  };
  const server: Server = createServer((client) => {
    const link = { client, server: dial(present) };
    links.add(link);
    const end = (): void => {
      links.delete(link);
      link.client.destroy();
      link.server.destroy();
    };
    for (const socket of [link.client, link.server]) {
      socket.setNoDelay(true);
      socket.on("error", end);
      // An end that is not heard of either is part of the silence.
      socket.on("close", () => {
        if (!isSilent || socket === link.client) end();
      });
    }
    if (isSilent) mute(link);
    else join(link, passes);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  const { port } = address;

  const cut = (): void => {
    for (const { client, server: other } of [...links]) {
      client.resetAndDestroy();
      other.destroy();
    }
    links.clear();
  };
  return {
    host: "127.0.0.1",
    port,
    connections: () => links.size,
    cut,
    silence() {
      isSilent = true;
      for (const link of links) mute(link);
    },
    refuse() {
      server.close();
      cut();
    },
    async heal() {
      isSilent = false;
      if (!server.listening) await listen(port);
    },
    redirect(to) {
      present = to;
    },
    packets: () => packets,
    atPacket(count, act) {
      appointment = { count, act };
    },
    async close() {
      cut();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join({ client, server }: Link, passes: () => boolean): void {
  client.on("data", (data) => {
    if (passes()) server.write(data);
  });
  server.on("data", (data) => client.write(data));
}

function mute({ client, server }: Link): void {
  for (const socket of [client, server]) {
    socket.removeAllListeners("data");
    // Bytes are taken and thrown away: the sender's own buffers must not give the silence away.
    socket.on("data", () => undefined);
  }
}
