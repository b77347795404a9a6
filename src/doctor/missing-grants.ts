import type { Mend } from "./check.ts";
import { askFacts } from "./doctor.ts";
import { type DoctorRequest, openDoctor } from "./doctor-context.ts";

export interface MissingGrants {
  /** One line for each side that lacks something, as the configuration names it: the objects and the privileges. */
  readonly lines: readonly string[];
  /** The statements that give them. */
  readonly mend: readonly Mend[];
}

/**
 * Finds out what the users of a pair of databases lack, once a statement was refused for it: a driver's error tells the
 * privilege or the object, seldom both. What cannot be found out is left out; never rejects.
 */
export async function findMissingGrants(request: DoctorRequest): Promise<MissingGrants> {
  const doctor = openDoctor(request);
  /** On the way back the configuration's source is where changes go to. */
  const inConfig = (on: Mend["on"]): Mend["on"] =>
    request.direction !== "back" || on === "elsewhere" ? on : on === "source" ? "target" : "source";
  try {
    const results = [];
    for (const side of [doctor.source, doctor.target]) {
      const found = await askFacts(doctor, side, ({ group }) => group === "grants").catch(() => []);
      results.push(...found.filter(({ status }) => status === "fail"));
    }
    return {
      lines: results.map(
        ({ id, found }) => `${inConfig(id.startsWith("source") ? "source" : "target")}: ${found}`,
      ),
      mend: results.flatMap(({ mend }) => mend.map(({ on, text }) => ({ on: inConfig(on), text }))),
    };
  } catch {
    return { lines: [], mend: [] };
  } finally {
    await doctor.close();
  }
}
