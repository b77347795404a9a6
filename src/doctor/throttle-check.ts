import { ask } from "../throttle/throttle.ts";
import type { Check } from "./check.ts";

/** Tries a throttle query once: one that fails holds nothing back for long, and protects nobody. */
const throttleCheck = (side: "source" | "target"): Check => ({
  id: `${side}.throttle-query`,
  group: "settings",
  title: `throttleQuery.${side}`,
  cheap: true,
  applies: ({ throttleQuery }) => throttleQuery?.[side] !== undefined,
  async run(context) {
    const wanted = "one number; above 0 it holds run, copy and verify back";
    const { dialect, db } = context[side];
    const sql = context.request.throttleQuery?.[side] ?? "";
    const answer = await ask({ dialect: await dialect(), db: await db(), sql });
    if ("failed" in answer) {
      const text = `Correct throttleQuery.${side} in sync.properties, or grant its user what it reads; config/README.md has ready ones`;
      return { status: "fail", found: answer.failed, wanted, mend: [{ on: "elsewhere", text }] };
    }
    const isHeld = answer.value > 0;
    return {
      status: isHeld ? "warn" : "ok",
      found: `${answer.value}${isHeld ? ": work waits now" : ""}`,
      wanted,
    };
  },
});

export const throttleChecks: readonly Check[] = [throttleCheck("source"), throttleCheck("target")];
