import type { Fact, FactScope } from "../fact.ts";
import { facts as mysqlFacts } from "../mysql/doctor-facts.ts";

const MIN_FREE_PERCENT = 10;

/** Those of MySQL, and the free disk space, which MariaDB tells when its plugin DISKS is there. */
export function facts(scope: FactScope): readonly Fact[] {
  return [...mysqlFacts(scope), disk];
}

const disk: Fact = {
  id: "disk",
  group: "server",
  title: "free disk space",
  ask: {
    sql: "SELECT Path AS path, ROUND(Available * 100 / Total) AS free FROM information_schema.DISKS WHERE @@datadir LIKE CONCAT(Path, '%') ORDER BY LENGTH(Path) DESC LIMIT 1",
    params: [],
  },
  refused: () => ({
    status: "unknown",
    found: "the server does not tell",
    wanted: `at least ${MIN_FREE_PERCENT} %`,
    advice: "Look at the disk of the data folder; the plugin DISKS and the privilege FILE would tell",
  }),
  judge: ([row]) => {
    const free = Number(row?.["free"] ?? Number.NaN);
    const wanted = `at least ${MIN_FREE_PERCENT} %`;
    if (Number.isNaN(free)) return { status: "unknown", found: "the server does not tell", wanted };
    if (free >= MIN_FREE_PERCENT) return { status: "ok", found: `${free} %`, wanted };
    return { status: "warn", found: `${free} %`, wanted, advice: "Make room before the journals grow" };
  },
};
