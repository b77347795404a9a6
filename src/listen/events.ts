/** News for pages that are open: server-sent events, one after each look. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

export interface Events {
  add(response: ServerResponse, headers: OutgoingHttpHeaders): void;
  /** Tells everybody what is to be told now. */
  push(): void;
  close(): void;
}

const MOST = 100;

export function createEvents(state: () => object): Events {
  const open = new Set<ServerResponse>();
  const text = (): string => `data: ${JSON.stringify(state())}\n\n`;
  return {
    add(response, headers) {
      if (open.size >= MOST) {
        response
          .writeHead(503, { ...headers, "Content-Type": "text/plain" })
          .end("too many pages are open\n");
        return;
      }
      response.writeHead(200, { ...headers, "Content-Type": "text/event-stream" });
      response.on("close", () => open.delete(response));
      response.on("error", () => open.delete(response));
      open.add(response);
      response.write(text());
    },
    push() {
      if (open.size === 0) return;
      const news = text();
      for (const response of open) {
        // Who does not read gets the next news, not all of them at once.
        if (!response.writableNeedDrain) response.write(news);
      }
    },
    close() {
      for (const response of open) response.end();
      open.clear();
    },
  };
}
