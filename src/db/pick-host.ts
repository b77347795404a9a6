import { connect } from "node:net";

interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Chooses the host that new connections of a pool go to. */
export interface HostPicker {
  /** The first host, in the order of the URL, that takes a TCP connection; the first one when none does. */
  pick(): Promise<HostPort>;
  /** A failure moves a pool with several hosts to another one, when it says that the connection was lost. */
  failed(error: { readonly class: string }): void;
  /** Whether connections made so far are to be given up. */
  readonly mustPickAgain: () => boolean;
}

export function createHostPicker(settings: {
  readonly hosts: readonly HostPort[];
  readonly connectTimeoutMs: number;
}): HostPicker {
  const { hosts, connectTimeoutMs } = settings;
  let isStale = false;
  return {
    async pick() {
      isStale = false;
      const [first] = hosts;
      if (first === undefined) throw new Error("a connection needs a host");
      if (hosts.length === 1) return first;
      for (const candidate of hosts) if (await answers(candidate, connectTimeoutMs)) return candidate;
      return first;
    },
    failed(error) {
      if (hosts.length > 1 && error.class === "connection") isStale = true;
    },
    mustPickAgain: () => isStale,
  };
}

function answers({ host, port }: HostPort, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** Connections that a run needs at the least: for each group a lock, a reader and a writer. */
const MIN_POOL = 12;

/** The pool's upper limit: never so small that a run would wait for itself. */
export function poolSize(configured: number): number {
  return Math.max(configured, MIN_POOL);
}
