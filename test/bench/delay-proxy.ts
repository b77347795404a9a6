import { connect, createServer, type Server } from "node:net";

/** A TCP proxy whose answers arrive late: it adds a round trip to every statement. */
export interface DelayProxy {
  readonly port: number;
  close(): void;
}

export async function startDelayProxy(host: string, port: number, delayMs: number): Promise<DelayProxy> {
  const server: Server = createServer((client) => {
    client.setNoDelay(true);
    const upstream = connect({ host, port, noDelay: true });
    client.pipe(upstream);
    upstream.on("data", (chunk) => setTimeout(() => client.write(chunk), delayMs));
    upstream.on("close", () => setTimeout(() => client.destroy(), delayMs));
    client.on("close", () => upstream.destroy());
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return { port: address.port, close: () => server.close() };
}
