import type { Scenario } from "./scenario.ts";
import { drain } from "./scenarios/drain.ts";
import { latency } from "./scenarios/latency.ts";
import { roundTrip } from "./scenarios/round-trip.ts";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [drain, roundTrip, latency];
