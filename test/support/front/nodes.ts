/** Stand-ins for the nodes of an Identity Server: they tell what reached them, and remember it. */

import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificate } from "./certificate.ts";

export interface Arrival {
  readonly node: number;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly body: string;
  readonly forwardedProto: string | undefined;
  readonly host: string | undefined;
}

export interface IsNode {
  readonly port: number;
  readonly arrivals: readonly Arrival[];
  stop(): Promise<void>;
}

export async function startNode(node: number, { certificate, key }: Certificate): Promise<IsNode> {
  const arrivals: Arrival[] = [];
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const arrival: Arrival = {
        node,
        method: request.method ?? "",
        url: request.url ?? "",
        body: Buffer.concat(parts).toString(),
        forwardedProto: request.headers["x-forwarded-proto"]?.toString(),
        host: request.headers.host,
      };
      arrivals.push(arrival);
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(arrival));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arrivals,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
