import { ALARMS } from "./endpoint-list.ts";
import { type Front, RETRY_AFTER_SECONDS } from "./front.ts";

/** The comment at the head of every file; `use` says how this product takes the file. */
export function headComment(front: Front, use: readonly string[]): readonly string[] {
  return [
    "Written by `sync-tool endpoints`: the maintenance window of a WSO2 Identity Server migration.",
    `Lets the endpoints of WSO2's guide ("Preparing for migration", step 7) through to ${front.side}, with /t/<tenant> before`,
    `them or not, and answers everything else with 503 and Retry-After: ${RETRY_AFTER_SECONDS}.`,
    "A path is compared letter by letter as it was sent: an encoded, doubled or upper-case spelling is something else.",
    "",
    ...use,
    "",
    `${front.side}'s certificate is not verified: Identity Server comes with one that it signed itself. Give its authority, and`,
    "ask for verification, where the network between is not your own.",
    "",
    ...alarmLines(),
  ].map((line) => (line === "" ? "#" : `# ${line}`));
}

/** What rings because it is not on the list. */
export function alarmLines(): readonly string[] {
  return [
    "Closed, and missed first. Whatever asks for these through this load balancer gets 503 (what asks a node or a pod itself",
    "does not notice):",
    ...ALARMS.map(({ path, who }) => `  ${path}: ${who}`),
  ];
}
