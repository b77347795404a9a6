/** What goes wrong in the chaos suite, one fault after the other. */

import { setTimeout as delay } from "node:timers/promises";
import type { TestDatabase, TestServer } from "../support/servers/test-server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import type { Random } from "./random.ts";
import type { Runner } from "./runner.ts";

export interface ChaosSide {
  readonly server: TestServer;
  readonly test: TestDatabase;
  /** Between the runner and the server; the workload does without. */
  readonly proxy: TcpProxy;
}

interface Scene {
  readonly source: ChaosSide;
  readonly target: ChaosSide;
  readonly runner: Runner;
  readonly random: Random;
  /** The servers are the test's own. */
  readonly mayKillServers: boolean;
}

type Fault = (scene: Scene) => Promise<void>;

const killServer =
  (side: "source" | "target"): Fault =>
  async (scene) => {
    await scene[side].server.kill();
    await delay(scene.random.below(800));
    await scene[side].server.restart();
  };

const cut =
  (side: "source" | "target"): Fault =>
  async (scene) =>
    scene[side].proxy.cut();

const refuse =
  (side: "source" | "target"): Fault =>
  async (scene) => {
    scene[side].proxy.refuse();
    await delay(200 + scene.random.below(800));
    await scene[side].proxy.heal();
  };

const silence =
  (side: "source" | "target"): Fault =>
  async (scene) => {
    scene[side].proxy.silence();
    await delay(scene.random.below(2_000));
    await scene[side].proxy.heal();
  };

/** Somebody keeps every token of the target to himself for a while. */
const lockRows: Fault = async ({ target, random }) => {
  const session = await target.test.session();
  try {
    await session.exec("BEGIN");
    await session.query("SELECT TOKEN_ID FROM IDN_OAUTH2_ACCESS_TOKEN FOR UPDATE");
    await delay(200 + random.below(1_300));
    await session.exec("ROLLBACK");
  } catch {
    // The runner may be in the way: then this one is the deadlock's victim.
  } finally {
    await session.close();
  }
};

/** How often each fault occurs among a hundred. */
const SHARES: readonly (readonly [string, number, Fault])[] = [
  ["runner killed", 18, ({ runner }) => runner.kill()],
  ["source server killed", 8, killServer("source")],
  ["target server killed", 8, killServer("target")],
  ["source connections cut", 17, cut("source")],
  ["target connections cut", 17, cut("target")],
  ["source refuses connections", 4, refuse("source")],
  ["target refuses connections", 4, refuse("target")],
  ["source falls silent", 5, silence("source")],
  ["target falls silent", 5, silence("target")],
  ["target rows locked", 14, lockRows],
];

/** Does so many faults in an order of chance, with pauses; gives how often each occurred. */
export async function wreakHavoc(scene: Scene, count: number): Promise<ReadonlyMap<string, number>> {
  const done = new Map<string, number>();
  const shares = SHARES.filter(([name]) => scene.mayKillServers || !name.includes("server killed"));
  const whole = shares.reduce((sum, [, share]) => sum + share, 0);
  const deck = shares.flatMap(([name, share, fault]) =>
    Array.from({ length: Math.ceil((share * count) / whole) }, () => ({ name, fault })),
  );
  for (const { name, fault } of scene.random.shuffled(deck)) {
    await fault(scene);
    scene.runner.check();
    done.set(name, (done.get(name) ?? 0) + 1);
    await delay(100 + scene.random.below(400));
  }
  return done;
}
