/**
 * Reads how a WSO2 server stores tokens from its home directory, so that the operator does not write it down twice.
 * Settings given explicitly are the caller's business: they win over these.
 */

import { readHomeToml } from "./home-toml.ts";
import type { HomeFile, HomeProblem, ResolveText } from "./home-values.ts";
import { readHomeXml } from "./home-xml.ts";
import type { SideKeySettings } from "./key-config.ts";

/** What was found, and all that could not be used; problems hold no value of a secret setting. */
export interface HomeKeySettings {
  readonly settings: SideKeySettings;
  readonly problems: readonly HomeProblem[];
}

export interface HomeOptions {
  /**
   * Replaces `$env{...}`, `$sys{...}` and `$secret{...}`. Default: a text with a placeholder is a problem, any other is
   * taken as it is.
   */
  readonly resolve?: ResolveText;
}

/** Reads the home directory: deployment.toml from 5.9.0 on, else carbon.xml and identity.xml. Throws nothing. */
export function readHomeKeys(home: string, options: HomeOptions = {}): HomeKeySettings {
  const { resolve = withoutPlaceholder } = options;
  const problems: HomeProblem[] = [];
  const open = (path: string): HomeFile => ({
    path,
    report: (key, what) => problems.push({ file: path, key, what }),
  });
  // Servers from 5.9.0 on write carbon.xml anew from deployment.toml at each start, so the latter decides.
  const settings = readHomeToml(home, resolve, open) ?? readHomeXml(home, resolve, open);
  if (settings === undefined) {
    open(home).report("", "holds neither repository/conf/deployment.toml nor repository/conf/carbon.xml");
  }
  return { settings: settings ?? {}, problems: distinctProblems(problems) };
}

function withoutPlaceholder(text: string): string | undefined {
  return /\$(env|sys|secret|ref)\{/.test(text) ? undefined : text;
}

/** One setting may be read on several ways, such as a password that two others refer to. */
function distinctProblems(problems: readonly HomeProblem[]): readonly HomeProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
