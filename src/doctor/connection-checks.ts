import { refuseSwappedSides } from "../capture/refuse-swapped.ts";
import { codeText, connectionAdvice } from "../dialect/connection-error.ts";
import { SyncError } from "../errors.ts";
import { groupTables } from "../plan/groups.ts";
import { connectionsOfUse } from "../run/connections-of-use.ts";
import type { Check, Outcome } from "./check.ts";
import { blueAndGreen, type DoctorContext, type DoctorSide } from "./doctor-context.ts";

/** Above this, times that both servers make (expiry of tokens, ages in reports) can no longer be compared. */
const CLOCK_TOLERANCE_S = 5;

/** Whether each server answers, is supported, and is another database than the other. */
export const connectionChecks: readonly Check[] = [
  ...sides((side) => ({
    id: "reachable",
    title: "connection",
    cheap: true,
    run: async (context) => reachable(context[side]),
  })),
  ...sides((side) => ({
    id: "version",
    title: "product and version",
    cheap: true,
    run: async (context) => version(context[side]),
  })),
  ...sides((side) => ({
    id: "pool",
    title: "connections at most (maxActive)",
    cheap: false,
    run: async (context) => pool(context, context[side]),
  })),
  {
    id: "pair.two-databases",
    group: "connection",
    title: "source and target are two databases",
    cheap: true,
    run: twoDatabases,
  },
  {
    id: "pair.order",
    group: "connection",
    title: "source and target have not changed places",
    cheap: false,
    run: order,
  },
  {
    id: "pair.clocks",
    group: "server",
    title: "clocks of source, target and this machine",
    cheap: true,
    run: clocks,
  },
];

function sides(make: (side: "source" | "target") => Omit<Check, "group">): readonly Check[] {
  return (["source", "target"] as const).map((side) => {
    const check = make(side);
    return { ...check, id: `${side}.${check.id}`, group: "connection" };
  });
}

async function reachable({ name, db, dialect, settings }: DoctorSide): Promise<Outcome> {
  const place = settings.socketPath ?? settings.hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  const { title, classifyError } = await dialect();
  const wanted = `${title} at ${place} lets ${settings.user} in`;
  try {
    await db();
    return { status: "ok", found: "it does", wanted };
  } catch (error) {
    const found = classifyError(error);
    const text = connectionAdvice(found, { owner: `the ${name}`, place: "deployment.toml" });
    return {
      status: "fail",
      found: `${found.reason}${codeText(found.code)}`,
      wanted,
      mend: [{ on: "elsewhere", text }],
    };
  }
}

async function version({ db, dialect }: DoctorSide): Promise<Outcome> {
  const { introspector } = await dialect();
  const { product, problems } = await introspector.server(await db());
  const wanted = "a supported version that can be written";
  if (problems.length === 0) return { status: "ok", found: product, wanted };
  const text = "Connect to a supported, writable server";
  return { status: "fail", found: problems.join("; "), wanted, mend: [{ on: "elsewhere", text }] };
}

async function order(context: DoctorContext): Promise<Outcome> {
  const { request } = context;
  const [blue, green] = blueAndGreen(context);
  const wanted = "journals on the source, checkpoints on the target";
  const side = async ({ dialect, db }: DoctorSide) => ({ dialect: await dialect(), db: await db() });
  try {
    await refuseSwappedSides(await side(blue), await side(green), request.tables, request.wayBack);
    return { status: "ok", found: "no sign of it", wanted };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { status: "fail", found: error.message, wanted, mend: [{ on: "elsewhere", text: error.next }] };
  }
}

/** Fewer than are needed are refused by the configuration; what more of them would be good for is told here. */
async function pool(context: DoctorContext, { name, settings }: DoctorSide): Promise<Outcome> {
  const { parallelism } = context.request;
  const groups = groupTables((await context.planned()).tables).length;
  const { least, most } = connectionsOfUse(name, groups, {
    parallelism,
    wayBack: context.request.wayBack === true,
  });
  const wanted = `at least ${least}; up to ${most} are of use with ${groups} ${groups === 1 ? "group" : "groups"} of tables and parallelism=${parallelism}`;
  return { status: "ok", found: `${settings.pool.max}; ${wanted}`, wanted };
}

async function twoDatabases({ source, target }: DoctorContext): Promise<Outcome> {
  const identity = async (side: DoctorSide): Promise<string> =>
    (await (await side.dialect()).introspector.server(await side.db())).identity;
  const wanted = "two";
  const isOne =
    (await source.dialect()).name === (await target.dialect()).name &&
    (await identity(source)) === (await identity(target));
  if (!isOne) return { status: "ok", found: "two", wanted };
  const text = "Name two different databases in identitySchema";
  return { status: "fail", found: "one and the same", wanted, mend: [{ on: "elsewhere", text }] };
}

async function clocks({ source, target }: DoctorContext): Promise<Outcome> {
  const wanted = `at most ${CLOCK_TOLERANCE_S} s apart`;
  const offsets = await Promise.all([source, target].map(offset));
  const [from, to] = offsets;
  if (from === undefined || to === undefined)
    return { status: "unknown", found: "a server does not tell its time", wanted };
  const apart = Math.max(from, to, 0) - Math.min(from, to, 0);
  const found = `source ${signed(from)} s, target ${signed(to)} s from this machine`;
  if (apart <= CLOCK_TOLERANCE_S) return { status: "ok", found, wanted };
  const text = "Set the clocks by NTP: green would take tokens for expired, or keep expired ones";
  return { status: "warn", found, wanted, mend: [{ on: "elsewhere", text }] };
}

const signed = (seconds: number): string => `${seconds >= 0 ? "+" : ""}${seconds.toFixed(1)}`;

/** Seconds that a server's clock is ahead of ours; half of the time that asking took counts as the way there. */
async function offset(side: DoctorSide): Promise<number | undefined> {
  const { doctor } = await side.dialect();
  if (doctor === undefined) return undefined;
  const db = await side.db();
  const asked = Date.now();
  const [row] = await db.query(doctor.clock);
  const now = (asked + Date.now()) / 2;
  return (Number(row?.["now_ms"] ?? row?.["NOW_MS"]) - now) / 1000;
}
