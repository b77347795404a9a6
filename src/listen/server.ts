/** What `run --listen` serves: read only, from memory alone, to those who may ask. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { SyncError } from "../errors.ts";
import type { View, Watch } from "../status/watch.ts";
import { jsonDocument } from "../util/json-document.ts";
import { type Address, isOwnHost, urlHost } from "./address.ts";
import { createEvents } from "./events.ts";
import { METRICS_TYPE } from "./metric-text.ts";
import { metricsOf } from "./metrics.ts";
import { CONTENT_SECURITY_POLICY, pageOf, pageState } from "./page.ts";
import { readiness } from "./readiness.ts";
import { showsToken } from "./token.ts";

export interface ListenOptions {
  readonly address: Address;
  /** Whoever asks for more than /livez and /readyz has to show it; undefined: nobody has to. */
  readonly token: string | undefined;
  /** The last lines of the log, oldest first. */
  readonly logLines: () => readonly string[];
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
}

export interface Listener {
  /** Where it listens, as a browser takes it. */
  readonly url: string;
  /** From now on everything comes from this one; before, nothing is known. */
  show(watch: Watch): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const TEXT = "text/plain; charset=utf-8";
/** More connections than a few people and scrapers have. */
const MOST_CONNECTIONS = 200;
const REQUEST_MS = 10_000;

const HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
} as const;

/** Throws USAGE_INVALID where the address cannot be had. */
export async function openListener(options: ListenOptions): Promise<Listener> {
  const { address, logLines, signal } = options;
  let watch: Watch | undefined;
  const view = (): View | undefined => watch?.view();
  const state = () => pageState(view(), logLines());
  const events = createEvents(state);
  const server = createServer((request, response) => {
    const refusal = refuse(request, options);
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (refusal !== undefined) send(request, response, refusal);
    else if (path === "/events" && request.method === "GET") events.add(response, HEADERS);
    else
      send(
        request,
        response,
        answer(path, view(), { isEnding: signal.aborted, page: () => pageOf(state()) }),
      );
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = REQUEST_MS;
  server.requestTimeout = REQUEST_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(address, error)));
    server.listen({ host: address.host, port: address.port }, resolve);
  });
  // A connection that breaks is its owner's matter.
  server.on("error", () => undefined);
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
  let stopShowing = (): void => undefined;
  return {
    url: `http://${urlHost(address.host)}:${port}/`,
    show(next) {
      watch = next;
      stopShowing = next.onLook(events.push);
    },
    async close() {
      stopShowing();
      events.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function cannotListen({ host, port }: Address, { code }: NodeJS.ErrnoException): SyncError {
  return new SyncError("USAGE_INVALID", {
    what: `--listen ${urlHost(host)}:${port} is not to be had (${code ?? "unknown reason"})`,
    next: "Give an address of this machine and a port that no other program has",
  });
}

/** Whoever may not ask, or not so. */
function refuse(
  { method, headers, url }: IncomingMessage,
  { address, token }: ListenOptions,
): Answer | undefined {
  const refused = (status: number, body: string, more: Record<string, string> = {}): Answer => ({
    status,
    type: TEXT,
    body,
    headers: more,
  });
  if (!isOwnHost(headers.host, address, hostname())) return refused(421, "Not a name of this machine\n");
  if (method !== "GET" && method !== "HEAD") return refused(405, "Read only\n", { Allow: "GET, HEAD" });
  const isProbe = url === "/livez" || url === "/readyz";
  if (token === undefined || isProbe || showsToken(headers.authorization, token)) return undefined;
  return refused(401, "The token is missing or wrong\n", { "WWW-Authenticate": 'Basic realm="sync-tool"' });
}

function answer(
  path: string,
  view: View | undefined,
  { isEnding, page }: { readonly isEnding: boolean; readonly page: () => string },
): Answer {
  switch (path) {
    case "/":
      return { status: 200, type: "text/html; charset=utf-8", body: page() };
    case "/livez":
      return { status: 200, type: TEXT, body: "alive\n" };
    case "/readyz": {
      const { isReady, why } = readiness(view, isEnding);
      return { status: isReady ? 200 : 503, type: TEXT, body: `${why}\n` };
    }
    case "/metrics":
      return { status: 200, type: METRICS_TYPE, body: metricsOf(view) };
    case "/status.json":
      return view === undefined
        ? { status: 503, type: TEXT, body: "not looked yet\n" }
        : { status: 200, type: "application/json", body: `${jsonDocument(view.report)}\n` };
    default:
      return { status: 404, type: TEXT, body: "There is /, /status.json, /metrics, /livez and /readyz\n" };
  }
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers }: Answer,
): void {
  response.writeHead(status, {
    ...HEADERS,
    ...headers,
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(method === "HEAD" ? undefined : body);
}
