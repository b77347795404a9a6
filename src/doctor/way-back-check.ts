import type { Check, Outcome } from "./check.ts";
import type { DoctorContext } from "./doctor-context.ts";

/** Whether what users write on green could go back to blue at all: known before the switch, not row by row after it. */
export const wayBackCheck: Check = {
  id: "pair.way-back",
  group: "tables",
  title: "what users write on green after the switch",
  cheap: false,
  run: async ({ request }) => judge(request),
};

function judge({ wayBack, wayBackProblems = [] }: DoctorContext["request"]): Outcome {
  if (wayBack !== true)
    return { status: "ok", found: "stays there: wayBack is not true", wanted: "what wayBack says" };
  const wanted = "tables, and stored forms of tokens, that blue's release can hold";
  if (wayBackProblems.length === 0) return { status: "ok", found: "can go back to blue", wanted };
  const text =
    "Take these tables out of syncTables, give the keys, or take wayBack out of sync.properties: then what users do on green stays there";
  return { status: "fail", found: wayBackProblems.join("; "), wanted, mend: [{ on: "elsewhere", text }] };
}
