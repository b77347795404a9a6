import { connect } from "node:net";
import { endWhenCut } from "./watched-socket.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Chooses the host that new connections of a pool go to. */
export interface HostPicker {
  /**
   * The host in use as long as it takes TCP connections, else the next one in the order of the URL that does; the one
   * in use when none does.
   */
  pick(): Promise<HostPort>;
  /**
   * A failure of class "connection" moves the pool on: a connection was lost, or a new one is of no use, to a standby say. A
   * server that refuses a write on a connection in use does not: that is "transient".
   */
  failed(error: { readonly class: string }): void;
  /** Whether connections made so far are to be given up. */
  readonly mustPickAgain: () => boolean;
}

export function createHostPicker(
  settings: { readonly hosts: readonly HostPort[]; readonly connectTimeoutMs: number },
  cut?: AbortSignal,
): HostPicker {
  const { hosts, connectTimeoutMs } = settings;
  let current = 0;
  let isStale = false;
  return {
    async pick() {
      const ordered = [...hosts.slice(current), ...hosts.slice(0, current)];
      const [first] = ordered;
      if (first === undefined) throw new Error("a connection needs a host");
      let chosen = first;
      if (hosts.length > 1) {
        for (const candidate of ordered) {
          if (!(await answers(candidate, connectTimeoutMs, cut))) continue;
          chosen = candidate;
          break;
        }
      }
      current = hosts.indexOf(chosen);
      // Last of all: a failure of an old connection meanwhile says nothing about the new host.
      isStale = false;
      return chosen;
    },
    failed(error) {
      if (hosts.length < 2 || error.class !== "connection" || isStale) return;
      isStale = true;
      // A host that has failed may still take TCP connections, as a Galera node without its cluster does.
      current = (current + 1) % hosts.length;
    },
    mustPickAgain: () => isStale,
  };
}

function answers({ host, port }: HostPort, timeoutMs: number, cut?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    endWhenCut(socket, cut);
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
