import type { TestServer } from "../support/servers/test-server.ts";
import type { Measured } from "./stats.ts";

export interface ScenarioContext {
  readonly server: TestServer;
  /** Another server of the same kind whose commits wait for the disk, as they do by default. The caller stops it. */
  readonly startDurable: () => Promise<TestServer>;
  /** Turns of each measurement; their median counts. */
  readonly rounds: number;
  /** 1 for the full sizes, more divides them. */
  readonly scale: number;
}

export interface Scenario {
  readonly name: string;
  /** Measured on the first server only: it has nothing to do with databases. */
  readonly once?: boolean;
  /** Runs when it is asked for by name: it shows why something is as it is, not how fast it is. */
  readonly onDemand?: boolean;
  run(context: ScenarioContext): Promise<readonly Measured[]>;
}
