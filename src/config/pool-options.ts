/** `pool_options` of a datasource: the names of Tomcat's JDBC pool, which WSO2 hands them to. */

import { DEFAULT_MAX_ACTIVE, type FewestConnections } from "./fewest-connections.ts";
import { nearestName } from "./nearest-name.ts";
import { didYouMean } from "./problem.ts";
import type { PoolSettings } from "./sync-config.ts";

const DEFAULT_WAIT_MS = 60_000;
/** A server that gives no connection in this time is told of, also to those who said that they would wait without end. */
const LONGEST_WAIT_MS = 600_000;
/** Longest delay of Node's timers. */
const MAX_WAIT_MS = 2_147_483_647;

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
  problem(name: string, text: string): void;
  warn(name: string, text: string): void;
}

export function readPoolOptions(reader: PoolReader, fewest: FewestConnections): PoolSettings {
  const max = reader.integer("maxActive", 1, 10_000);
  if (max !== undefined && max < fewest.count) {
    reader.problem(
      "maxActive",
      `found ${max}, wanted at least ${fewest.count} connections: ${fewest.purpose}`,
    );
  }
  const waitMs = reader.integer("maxWait", -1, MAX_WAIT_MS);
  const validationQuery = reader.text("validationQuery");
  const honoured = ["maxActive", "maxWait", "validationQuery"];
  for (const name of reader.names) {
    if (honoured.includes(name) || SERVED.includes(name)) continue;
    const near = didYouMean(nearestName(name, [...honoured, ...SERVED]));
    reader.warn(name, `has no effect in sync-tool${near}`);
  }
  return {
    max: max ?? Math.max(DEFAULT_MAX_ACTIVE, fewest.count),
    acquireTimeoutMs: waitMs === undefined ? DEFAULT_WAIT_MS : waitMs <= 0 ? LONGEST_WAIT_MS : waitMs,
    ...(validationQuery === undefined ? {} : { validationQuery }),
  };
}
