import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { createProgram } from "../../../src/cli/program.ts";
import { EXIT } from "../../../src/errors.ts";
import { faultsOfManifests } from "../../support/schema.ts";

const CONFIG = join(import.meta.dirname, "../../../config");
const read = (file: string): string => readFileSync(join(CONFIG, file), "utf8");

const MANIFESTS = read("kubernetes/sync-tool.yaml");
const deployment = parseAllDocuments(MANIFESTS)
  .map((one) => one.toJS())
  .find(({ kind }) => kind === "Deployment");
const [container] = deployment.spec.template.spec.containers;

test("the Kubernetes manifests fit their schema, strictly", () => {
  expect(faultsOfManifests(MANIFESTS)).toEqual([]);
});

test("a typing error in a manifest is found", () => {
  expect(
    faultsOfManifests(MANIFESTS.replace("readOnlyRootFilesystem", "readonlyRootFilesystem")),
  ).toHaveLength(1);
  expect(faultsOfManifests(MANIFESTS.replace("replicas: 2", "replicas: two"))).toHaveLength(1);
});

test("two pods run it: one works, one waits; passwords come by reference", () => {
  expect(deployment.spec.replicas).toBe(2);
  expect(container.envFrom).toEqual([{ secretRef: { name: "sync-tool-databases" } }]);
  expect(MANIFESTS).not.toMatch(/^kind: Secret$/m);
  expect(MANIFESTS.match(/password = .*/g)).toEqual([
    'password = "$env{BLUE_PASSWORD}"',
    'password = "$env{GREEN_PASSWORD}"',
  ]);
});

test("probes ask for /livez and /readyz through the image's own probe", () => {
  const asks = ["livenessProbe", "readinessProbe"].map((name) => container[name].exec.command);
  expect(asks).toEqual([
    ["node", "/opt/sync-tool/probe.js", "livez"],
    ["node", "/opt/sync-tool/probe.js", "readyz"],
  ]);
  expect(read("docker/Dockerfile")).toContain("COPY config/docker/probe.js /opt/sync-tool/probe.js");
});

test("compose mounts files that are there, and gives the image the same limits", () => {
  const { services } = parse(read("docker/compose.yaml"), { merge: true });
  const mounts = Object.values(services as Record<string, { volumes: readonly string[] }>)
    .flatMap(({ volumes }) => volumes)
    .map((mount) => mount.split(":")[0] ?? "")
    .filter((source) => source.startsWith("."));
  expect(mounts.filter((source) => !existsSync(join(CONFIG, "docker", source)))).toEqual([]);
  expect(services["sync-tool"]).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
  expect(services.blue.image).toMatch(/^postgres:\d+$/);
});

/** Values of a key of the unit, in order. */
const unit = (key: string): readonly string[] =>
  [...read("systemd/sync-tool.service").matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(
    ([, value = ""]) => value,
  );

test("systemd starts it again where waiting helps, and not where a person has to mend something", () => {
  expect(unit("Restart")).toEqual(["on-failure"]);
  const never = (unit("RestartPreventExitStatus")[0] ?? "").split(" ").map(Number);
  const codes = [...Object.values(EXIT), 130].filter((code) => code !== EXIT.ok);
  expect(codes.filter((code) => !never.includes(code))).toEqual([1, 4, 8, 130]);
  expect(never).toEqual([2, 3, 5, 6, 7]);
});

test.each([
  ["systemd", unit("ExecStart")[0]?.split(" ").slice(1) ?? []],
  ["Kubernetes", container.args as readonly string[]],
])("the command of %s has options that exist", (_, words) => {
  const [name, ...options] = words;
  const command = createProgram(new AbortController().signal, () => undefined).commands.find(
    (one) => one.name() === name,
  );
  const known = command?.options.map(({ long }) => long) ?? [];
  const named = options.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0]);
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((one) => !known.includes(one))).toEqual([]);
});
