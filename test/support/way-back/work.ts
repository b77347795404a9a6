/** What users do on either side of a pair with a way back: words of a history that both releases understand. */
import type { Processor } from "../../../src/transform/crypto/profile.ts";
import type { Step } from "../history/arbitrary.ts";
import { statements, type Work } from "../history/work.ts";
import { inForm } from "./forms.ts";

const NOT_HERE: ReadonlySet<Work["do"]> = new Set(["makeApp", "dropApp", "dropApps", "setSlot", "swap"]);
const PLAIN: Readonly<Record<string, string>> = { T0: "t3", Ann: "ann", Email: "email" };

/**
 * Steps without what an administrator does on both sides, and with one spelling of each key. Servers make the scope hash of the
 * scopes, and that is what is written to blue: here each token that an application makes has one of its own.
 */
export const playable = (steps: readonly Step[]): readonly Step[] =>
  steps
    .filter(({ act }) => !NOT_HERE.has(act.do as Work["do"]))
    .map(({ session, act }) => ({
      session,
      act: Object.fromEntries(
        Object.entries(act).map(([name, value]) => [name, PLAIN[String(value)] ?? value]),
      ) as Step["act"],
    }));

/** The statements of a piece of work as a server of the side's release gives them. */
export const statementsOf =
  (side: "blue" | "green", processor: Processor) =>
  (work: Work, n: number): readonly string[] =>
    statements("slot" in work ? ({ ...work, slot: `own-${side}-${n}` } as unknown as Work) : work, n).map(
      (sql) =>
        inForm(
          side,
          processor,
          side === "green" && sql.startsWith("INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (")
            ? sql.replace(/, NULL\)$/, ", -1)")
            : sql,
        ),
    );
