import { connect } from "node:tls";

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends a request over TLS with the path as it is given, byte for byte: no client library would let many of them out. */
export async function rawRequest(
  port: number,
  { method = "GET", path, cookie, body = "" }: RawRequest,
): Promise<RawAnswer> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "Host: identity",
    "Connection: close",
    ...(cookie === undefined ? [] : [`Cookie: ${cookie}`]),
    ...(method === "POST" ? [`Content-Length: ${body.length}`, "Content-Type: text/plain"] : []),
  ];
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", () => socket.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`)));
    socket.once("error", reject);
    socket.once("close", () => resolve());
    socket.setTimeout(20_000, () => socket.destroy(new Error(`no answer to ${path}`)));
  });
  return parse(Buffer.concat(parts).toString("latin1"));
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly cookie?: string;
  readonly body?: string;
}

function parse(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const body = rest.join("\r\n\r\n");
  const isChunked = headers.some(([name, value]) => name === "transfer-encoding" && value === "chunked");
  return {
    status: Number(status.split(" ")[1] ?? 0),
    headers: new Map(headers),
    body: isChunked ? body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/gi, "") : body,
  };
}
