import type { Fact, FactScope } from "../../contract/fact.ts";
import { facts as mysqlFacts } from "../mysql/doctor-facts.ts";
import { freeDiskFact } from "../shared-facts.ts";

/** Those of MySQL, and the free disk space, which MariaDB tells when its plugin DISKS is there. */
export function facts(scope: FactScope): readonly Fact[] {
  return [...mysqlFacts(scope), disk];
}

const disk: Fact = {
  isRare: true,
  ...freeDiskFact(
    {
      sql: "SELECT Path AS path, ROUND(Available * 100 / Total) AS free FROM information_schema.DISKS WHERE @@datadir LIKE CONCAT(Path, '%') ORDER BY LENGTH(Path) DESC LIMIT 1",
      params: [],
    },
    {
      found: "the server does not tell",
      advice: "Look at the disk of the data folder; the plugin DISKS and the privilege FILE would tell",
    },
  ),
};
