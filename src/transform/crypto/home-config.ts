/**
 * Reads how a WSO2 server stores tokens from its home directory, so that the operator does not write it down twice.
 * Settings given explicitly are the caller's business: they win over these.
 */
import { type PlaceholderValues, readHomeToml } from "./home-toml.ts";
import type { HomeFile, HomeProblem } from "./home-values.ts";
import { readHomeXml } from "./home-xml.ts";
import type { SideKeySettings } from "./key-config.ts";

/** What was found, and all that could not be used; problems hold no value of a secret setting. */
export interface HomeKeySettings {
  readonly settings: SideKeySettings;
  readonly problems: readonly HomeProblem[];
}

/**
 * Reads the home directory: deployment.toml from 5.9.0 on, else carbon.xml and identity.xml. `$secret{...}` is looked up
 * in the `[secrets]` of deployment.toml, `$env{...}` and `$sys{...}` in what is given here. Throws nothing.
 */
export function readHomeKeys(home: string, placeholders: PlaceholderValues = {}): HomeKeySettings {
  const problems: HomeProblem[] = [];
  const open = (path: string): HomeFile => ({
    path,
    report: (key, what) => problems.push({ file: path, key, what }),
  });
  // Servers from 5.9.0 on write carbon.xml anew from deployment.toml at each start, so the latter decides.
  const settings = readHomeToml(home, placeholders, open) ?? readHomeXml(home, open);
  if (settings === undefined) {
    open(home).report("", "holds neither repository/conf/deployment.toml nor repository/conf/carbon.xml");
  }
  return { settings: settings ?? {}, problems: distinctProblems(problems) };
}

/** One setting may be read on several ways, such as a password that two others refer to. */
function distinctProblems(problems: readonly HomeProblem[]): readonly HomeProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
