/** `pool_options` of a datasource: the names of Tomcat's JDBC pool, which WSO2 hands them to. */

import { nearestName } from "./nearest-name.ts";
import { didYouMean } from "./problem.ts";
import type { PoolSettings } from "./sync-config.ts";

export const DEFAULT_POOL: PoolSettings = { max: 10, acquireTimeoutMs: 60_000 };

/** Longest delay of Node's timers; stands for "without end". */
const FOREVER_MS = 2_147_483_647;

/** Options whose purpose sync-tool's own pool serves: it checks each connection it hands out and closes idle ones. */
const SERVED = [
  "testOnBorrow",
  "testWhileIdle",
  "testOnReturn",
  "testOnConnect",
  "validationInterval",
  "validationQueryTimeout",
  "initialSize",
  "minIdle",
  "maxIdle",
  "maxAge",
  "timeBetweenEvictionRunsMillis",
  "minEvictableIdleTimeMillis",
  "jmxEnabled",
  "fairQueue",
  "removeAbandoned",
  "removeAbandonedTimeout",
  "logAbandoned",
  "defaultAutoCommit",
  "commitOnReturn",
  "rollbackOnReturn",
];

/** How the options of one pool are read: the datasource's own readers, which report what they refuse. */
export interface PoolReader {
  readonly names: readonly string[];
  integer(name: string, min: number, max: number): number | undefined;
  text(name: string): string | undefined;
  warn(name: string, text: string): void;
}

export function readPoolOptions(reader: PoolReader): PoolSettings {
  const max = reader.integer("maxActive", 1, 10_000);
  const waitMs = reader.integer("maxWait", -1, FOREVER_MS);
  const validationQuery = reader.text("validationQuery");
  const honoured = ["maxActive", "maxWait", "validationQuery"];
  for (const name of reader.names) {
    if (honoured.includes(name) || SERVED.includes(name)) continue;
    const near = didYouMean(nearestName(name, [...honoured, ...SERVED]));
    reader.warn(name, `has no effect in sync-tool${near}`);
  }
  return {
    max: max ?? DEFAULT_POOL.max,
    acquireTimeoutMs:
      waitMs === undefined ? DEFAULT_POOL.acquireTimeoutMs : waitMs <= 0 ? FOREVER_MS : waitMs,
    ...(validationQuery === undefined ? {} : { validationQuery }),
  };
}
