/** A change of a row that users of the side that serves have written since it serves: their row stays. */
export const OVERTAKEN = "SYNC_OVERTAKEN";

export class Overtaken extends Error {
  override readonly name = "Overtaken";
  readonly code = OVERTAKEN;
  readonly reason: string;

  constructor(serving: "blue" | "green") {
    super("overtaken");
    this.reason = `a late write: users whom ${serving} serves have changed the row since the switch, and theirs stays`;
  }
}
