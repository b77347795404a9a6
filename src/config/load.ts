/** From files and flags to the SyncConfig: reads everything, reports all mistakes together, connects to nothing. */
import { dotenvFile, findDeploymentFile, readDotenv, readText } from "./config-files.ts";
import { readDatasource } from "./datasource.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { type Deployment, parseDeployment } from "./deployment-toml.ts";
import { type ConnectionUses, fewestConnections } from "./fewest-connections.ts";
import { nearestName } from "./nearest-name.ts";
import { placeholderResolver, type Resolve } from "./placeholders.ts";
import { configInvalid, didYouMean, type Findings, formatProblems, hintFound } from "./problem.ts";
import { parseProperties } from "./properties.ts";
import { type KeySpec, numberedSpecs, OTHER_KEYS, OWN_KEYS, wantedOf } from "./schema.ts";
import { parseDefines, readSettings, type Settings } from "./settings.ts";
import type {
  ConflictPolicy,
  Datasource,
  RawSetting,
  SchemaName,
  SchemaPair,
  SyncConfig,
} from "./sync-config.ts";
import { readSyncTables } from "./sync-tables.ts";
import { compareVersions, IS_VERSIONS, type IsVersion, isIsVersion } from "./versions.ts";

const SCHEMAS: readonly SchemaName[] = ["identity", "um", "reg", "consent"];

export interface LoadOptions {
  /** Path of sync.properties. */
  readonly configFile: string;
  /** Path of deployment.toml; default: beside sync.properties, else `$CARBON_HOME/repository/conf`. */
  readonly deploymentFile?: string;
  /** `key=value` of each -D; they win over the file, and `$sys{key}` reads them. */
  readonly defines?: readonly string[];
  /** Default: the environment of the process, which stays as it is. */
  readonly env?: NodeJS.ProcessEnv;
  /** Keys that other folders interpret; default: OTHER_KEYS. */
  readonly otherKeys?: readonly KeySpec[];
}

/** Throws one CONFIG_INVALID whose message holds every problem of all files, one per line. The result is deeply frozen. */
export async function loadConfig(options: LoadOptions): Promise<SyncConfig> {
  const { configFile, env = process.env, otherKeys = OTHER_KEYS } = options;
  const findings: Findings = { problems: [], warnings: [] };
  const defines = parseDefines(options.defines ?? [], findings);
  const propertiesText = await readText(configFile, findings);
  const deploymentFile = await findDeploymentFile(options.deploymentFile, configFile, env, findings);
  const deploymentText = deploymentFile === undefined ? undefined : await readText(deploymentFile, findings);
  const dotenv = await readDotenv(configFile, findings);
  const files = [configFile, dotenvFile(configFile), deploymentFile ?? "deployment.toml"];

  const deployment =
    deploymentFile === undefined || deploymentText === undefined
      ? undefined
      : parseDeployment(deploymentText, deploymentFile, findings);
  const home = env["CARBON_HOME"];
  const resolve = placeholderResolver({
    env: { ...dotenv, ...env },
    sys: new Map([
      ...(home === undefined ? [] : [["carbon.home", home] as const]),
      ...defines.map(({ key, value }) => [key, value] as const),
    ]),
    document: deployment?.document ?? {},
    envPlace: `the environment nor in ${dotenvFile(configFile)}`,
  });
  if (propertiesText === undefined) throw configInvalid(findings.problems, files);

  const { entries, malformed } = parseProperties(propertiesText);
  for (const { line } of malformed) {
    findings.problems.push({
      file: configFile,
      line,
      text: "\\u is not followed by four hexadecimal digits",
    });
  }
  const isSystemProperty = (key: string) =>
    `${propertiesText}${deploymentText ?? ""}`.includes(`$sys{${key}}`);
  const others = numberedSpecs(
    otherKeys,
    [...entries, ...defines].map(({ key }) => key),
  );
  const specs = [...OWN_KEYS, ...others];
  const settings = readSettings(
    { file: configFile, entries, defines, specs, resolve, isSystemProperty },
    findings,
  );

  const sourceVersion = readVersion("sourceVersion", settings);
  const targetVersion = readVersion("targetVersion", settings);
  checkOrder(sourceVersion, targetVersion, settings);
  const tables = settings.get("syncTables");
  const syncTables = tables === undefined ? [] : readSyncTables(tables, settings, sourceVersion);
  const batchSize = readInteger("batchSize", settings);
  const syncIntervalMs = readInteger("syncInterval", settings);
  const conflictPolicy = readConflictPolicy(settings);
  const deadLetterLimit = readInteger("deadLetterLimit", settings);
  const isAuto = settings.get("parallelism")?.value === "auto";
  const parallelism = isAuto ? 1 : readInteger("parallelism", settings);
  const emailUserNames = readFlag("source.emailUserNames", settings);
  const wayBack = readFlag("wayBack", settings);
  const maxRowsPerSecond = readInteger("maxRowsPerSecond", settings);
  const logKeepDays = readInteger("logKeepDays", settings);
  const logMaxMegabytes = readInteger("logMaxMegabytes", settings);
  const throttleQuery = {
    ...readQuery("source", settings),
    ...readQuery("target", settings),
  };
  checkBatches(batchSize, parallelism, settings);
  const schemas = readSchemas(settings, deployment, resolve, { parallelism, wayBack }, findings);
  const extra = new Map<string, RawSetting>();
  for (const { name } of others) {
    const setting = settings.get(name);
    if (setting === undefined) continue;
    const { value, file, line } = setting;
    extra.set(name, line === undefined ? { value, file } : { value, file, line });
  }

  const isComplete =
    sourceVersion !== undefined && targetVersion !== undefined && deploymentFile !== undefined;
  if (findings.problems.length > 0 || !isComplete) throw configInvalid(findings.problems, files);
  return deepFreeze({
    sourceVersion,
    targetVersion,
    batchSize,
    syncIntervalMs,
    syncTables,
    schemas,
    files: { properties: configFile, deployment: deploymentFile },
    conflictPolicy,
    deadLetterLimit,
    parallelism,
    ...(isAuto ? { autoParallelism: true } : {}),
    ...(maxRowsPerSecond === 0 ? {} : { maxRowsPerSecond }),
    throttleQuery,
    logKeepDays,
    logMaxMegabytes,
    ...(emailUserNames ? { emailUserNames } : {}),
    ...(wayBack ? { wayBack } : {}),
    extra,
    warnings: formatProblems(findings.warnings, files),
  });
}

function readVersion(name: string, settings: Settings): IsVersion | undefined {
  const setting = settings.get(name);
  if (setting === undefined) return undefined;
  if (isIsVersion(setting.value)) return setting.value;
  if (setting.value === "") {
    settings.problem(
      setting,
      `is empty, wanted ${wantedOf(setting.spec)}; bin/version.txt of the ${name.replace("Version", "")}'s server says which it is`,
    );
    return undefined;
  }
  const completed = IS_VERSIONS.find((version) => version === `${setting.value}.0`);
  return settings.refuse(setting, completed);
}

function checkOrder(source: IsVersion | undefined, target: IsVersion | undefined, settings: Settings): void {
  const setting = settings.get("sourceVersion");
  if (source === undefined || target === undefined || setting === undefined) return;
  if (compareVersions(source, target) <= 0) return;
  settings.problem(
    setting,
    `found ${setting.shown}, wanted a version not above the targetVersion, ${target}`,
  );
}

/** 0 stands for a value that was refused: the load fails anyway. */
function readInteger(name: string, settings: Settings): number {
  const setting = settings.get(name);
  if (setting === undefined) return 0;
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = setting.spec;
  const value = /^\d{1,15}$/.test(setting.value) ? Number(setting.value) : Number.NaN;
  return value >= min && value <= max ? value : (settings.refuse(setting) ?? 0);
}

/** One SELECT, without a semicolon at its end. */
function readQuery(side: "source" | "target", settings: Settings): Partial<Record<typeof side, string>> {
  const setting = settings.get(`throttleQuery.${side}`);
  if (setting === undefined) return {};
  const sql = setting.value.replace(/;\s*$/, "");
  if (/^select\s/i.test(sql) && !sql.includes(";")) return { [side]: sql };
  settings.refuse(setting);
  return {};
}

/** Default false. */
function readFlag(name: string, settings: Settings): boolean {
  const setting = settings.get(name);
  if (setting !== undefined && setting.value !== "true" && setting.value !== "false")
    settings.refuse(setting);
  return setting?.value === "true";
}

/** Each lane writes a batch at a time: all of them are read together. */
export const MAX_CHANGES_AT_ONCE = 100_000;

function checkBatches(batchSize: number, parallelism: number, settings: Settings): void {
  const setting = settings.get("batchSize");
  if (setting === undefined || batchSize * parallelism <= MAX_CHANGES_AT_ONCE) return;
  const most = Math.floor(MAX_CHANGES_AT_ONCE / parallelism);
  settings.problem(
    setting,
    `found ${setting.shown}, wanted at most ${most}, since parallelism=${parallelism} reads that many batches at once`,
  );
}

function readConflictPolicy(settings: Settings): ConflictPolicy {
  const setting = settings.get("conflictPolicy");
  const value = setting?.value;
  if (value === "dead-letter" || value === "keep-target" || value === "newest") return value;
  if (setting !== undefined) settings.refuse(setting, nearestName(setting.value, setting.spec.choices ?? []));
  return "dead-letter";
}

function readAcceptReplica(side: "source" | "target", settings: Settings): boolean {
  const setting = settings.get(`${side}.acceptReplica`);
  if (setting !== undefined && setting.value !== "true" && setting.value !== "false")
    settings.refuse(setting);
  return setting?.value === "true";
}

function readSchemas(
  settings: Settings,
  deployment: Deployment | undefined,
  resolve: Resolve,
  uses: ConnectionUses,
  findings: Findings,
): readonly SchemaPair[] {
  const read = new Map<string, Datasource | undefined>();
  const accepts = {
    source: readAcceptReplica("source", settings),
    target: readAcceptReplica("target", settings),
  };
  const withRole = (side: "source" | "target", datasource: Datasource): Datasource =>
    accepts[side] ? { ...datasource, settings: { ...datasource.settings, acceptReplica: true } } : datasource;
  return SCHEMAS.flatMap((name) => {
    const setting = settings.get(`${name}Schema`);
    if (setting === undefined) return [];
    const jndiNames = setting.value.split(",").map((one) => one.trim());
    const [sourceName = "", targetName = ""] = jndiNames;
    if (jndiNames.length !== 2 || sourceName === "" || targetName === "") {
      settings.refuse(setting);
      return [];
    }
    if (sourceName === targetName) {
      settings.problem(
        setting,
        `found ${setting.shown}, wanted two different datasources for source and target`,
      );
      return [];
    }
    const source = datasource("source", sourceName);
    const target = datasource("target", targetName);
    if (source === undefined || target === undefined) return [];
    return [{ name, source: withRole("source", source), target: withRole("target", target) }];

    function datasource(side: "source" | "target", jndiName: string): Datasource | undefined {
      // Without deployment.toml its own problem says enough.
      if (deployment === undefined || setting === undefined) return undefined;
      const raw = jndiName.startsWith("jdbc/") ? deployment.datasources.get(jndiName.slice(5)) : undefined;
      if (raw === undefined) {
        const known = [...deployment.datasources.keys()].map((id) => `jdbc/${id}`);
        const wanted = known.length === 0 ? "which has no datasource" : `which has ${known.join(", ")}`;
        const near = nearestName(jndiName, known) ?? known.find((one) => one === `jdbc/${jndiName}`);
        settings.problem(
          setting,
          `found ${hintFound(jndiName, near)}, wanted a datasource of ${deployment.file}, ${wanted}${didYouMean(near)}`,
        );
        return undefined;
      }
      const id = `${side} ${raw.id}`;
      const fewest = fewestConnections(side, { ...uses, parallelism: Math.max(1, uses.parallelism) });
      if (!read.has(id)) read.set(id, readDatasource(raw, deployment, resolve, fewest, findings));
      return read.get(id);
    }
  });
}
