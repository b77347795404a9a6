import type { Scenario } from "./scenario.ts";
import { cleanUp } from "./scenarios/clean-up.ts";
import { copying } from "./scenarios/copy.ts";
import { copyBeside } from "./scenarios/copy-beside.ts";
import { copyGrowth } from "./scenarios/copy-growth.ts";
import { copyPages } from "./scenarios/copy-pages.ts";
import { drain } from "./scenarios/drain.ts";
import { encrypted } from "./scenarios/encrypted.ts";
import { fromOutside } from "./scenarios/from-outside.ts";
import { growth } from "./scenarios/growth.ts";
import { growthWide } from "./scenarios/growth-wide.ts";
import { idle } from "./scenarios/idle.ts";
import { lanes } from "./scenarios/lanes.ts";
import { latency } from "./scenarios/latency.ts";
import { markCost } from "./scenarios/mark-cost.ts";
import { memory } from "./scenarios/memory.ts";
import { roundTrip } from "./scenarios/round-trip.ts";
import { site } from "./scenarios/site.ts";
import { sourceCost } from "./scenarios/source-cost.ts";
import { startup } from "./scenarios/startup.ts";
import { triggerVariants } from "./scenarios/trigger-variants.ts";
import { verifying } from "./scenarios/verify.ts";
import { verifyGrowth } from "./scenarios/verify-growth.ts";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  drain,
  fromOutside,
  roundTrip,
  lanes,
  latency,
  sourceCost,
  markCost,
  triggerVariants,
  growth,
  growthWide,
  site,
  memory,
  cleanUp,
  verifying,
  verifyGrowth,
  copying,
  copyPages,
  copyBeside,
  copyGrowth,
  idle,
  startup,
  encrypted,
];
