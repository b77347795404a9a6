/** The process of delay-proxy.ts: HOST PORT DELAY_MS. Tells its port, and ends when its parent lets go of it. */
import { connect, createServer } from "node:net";

const [host = "", port, delayMs] = process.argv.slice(2);

const server = createServer((client) => {
  client.setNoDelay(true);
  const upstream = connect({ host, port: Number(port), noDelay: true });
  client.pipe(upstream);
  upstream.on("data", (chunk) => setTimeout(() => client.write(chunk), Number(delayMs)));
  upstream.on("close", () => setTimeout(() => client.destroy(), Number(delayMs)));
  client.on("close", () => upstream.destroy());
  for (const socket of [client, upstream]) socket.on("error", () => undefined);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  process.send?.(address.port);
});
process.once("disconnect", () => process.exit(0));
