import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { runCli } from "../support/cli.ts";
import { selfSigned } from "../support/front/certificate.ts";
import { type Arrival, type IsNode, startNode } from "../support/front/nodes.ts";
import { CLOSED_PATHS, MALFORMED_PATHS, OPEN_PATHS } from "../support/front/paths.ts";
import {
  APACHE,
  HAPROXY,
  NGINX,
  nginxArguments,
  type RunningProxy,
  startProxy,
} from "../support/front/proxies.ts";
import { rawRequest } from "../support/front/raw-request.ts";
import { describeWithProgram } from "../support/programs.ts";
import { freePort } from "../support/servers/process.ts";

/** A file of this format before two nodes; `load` starts what serves it. */
function serves(format: string, malformed: readonly number[], load: Load): void {
  let dir: string;
  let nodes: readonly IsNode[];
  let port: number;
  let proxy: RunningProxy | undefined;

  beforeAll(async () => {
    // httpd and nginx drop their rights and must be able to enter.
    dir = await mkdtemp(join(tmpdir(), "sync-tool-front-"));
    const own = selfSigned("identity");
    await writeFile(join(dir, "tls.crt"), own.certificate);
    await writeFile(join(dir, "tls.key"), own.key);
    const nodeCertificate = selfSigned("localhost");
    nodes = [await startNode(0, nodeCertificate), await startNode(1, nodeCertificate)];
    port = await freePort();
    const file = join(dir, "front");
    const words = ["--format", format, ...nodes.flatMap((node) => ["--upstream", `127.0.0.1:${node.port}`])];
    const isKubernetes = ["ingress-nginx", "gateway-api"].includes(format);
    const place = isKubernetes ? [] : ["--listen", String(port), "--certificate", join(dir, "tls.crt")];
    const { code, stderr } = await runCli(["endpoints", ...words, ...place, "--out", file], dir);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("/carbon/admin/login.jsp"),
    });
    proxy = await load(dir, file, port);
  });
  afterAll(async () => {
    await proxy?.stop();
    for (const node of nodes ?? []) await node.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const arrived = (): number => nodes.reduce((sum, node) => sum + node.arrivals.length, 0);

  test("lets every endpoint of the guide through, GET and POST, with path and query as they were sent", async () => {
    expect(OPEN_PATHS.length * 2).toBeGreaterThanOrEqual(100);
    for (const path of OPEN_PATHS) {
      for (const method of ["GET", "POST"]) {
        const body = method === "POST" ? "grant_type=password" : "";
        const answer = await rawRequest(port, { method, path, body });
        expect({ path, status: answer.status }).toEqual({ path, status: 200 });
        const arrival = JSON.parse(answer.body) as Arrival;
        expect(arrival).toMatchObject({ method, url: path, body, forwardedProto: "https", host: "identity" });
      }
    }
  });

  test("answers every other path with 503 and Retry-After, and asks no node", async () => {
    expect(CLOSED_PATHS.length).toBeGreaterThanOrEqual(100);
    const before = arrived();
    for (const path of CLOSED_PATHS) {
      const { status, headers } = await rawRequest(port, { path });
      expect({ path, status, retry: headers.get("retry-after") }).toEqual({
        path,
        status: 503,
        retry: "120",
      });
    }
    expect(arrived()).toBe(before);
  });

  test("lets nothing through that is no path, or leads above the root", async () => {
    const before = arrived();
    const found = new Set<number>();
    for (const path of MALFORMED_PATHS) found.add((await rawRequest(port, { path })).status);
    expect([...found].filter((status) => !malformed.includes(status))).toEqual([]);
    expect(arrived()).toBe(before);
  });

  test("keeps a client on its node by a cookie, and leads it to the other one when the node is gone", async () => {
    const cookies = new Map<number, string>();
    for (let turn = 0; turn < 60 && cookies.size < 2; turn++) {
      const answer = await rawRequest(port, { path: "/commonauth" });
      const cookie = answer.headers.get("set-cookie") ?? "";
      expect(cookie).toMatch(/^SYNC_TOOL_NODE=[^;]+;.*Secure/i);
      cookies.set((JSON.parse(answer.body) as Arrival).node, cookie.split(";")[0] ?? "");
    }
    expect([...cookies.keys()].sort()).toEqual([0, 1]);
    for (const [node, cookie] of cookies) {
      for (let turn = 0; turn < 6; turn++) {
        const answer = await rawRequest(port, { path: "/oauth2/token", cookie, method: "POST" });
        expect((JSON.parse(answer.body) as Arrival).node).toBe(node);
      }
    }
    await nodes[0]?.stop();
    const answer = await rawRequest(port, { path: "/commonauth", cookie: cookies.get(0) ?? "" });
    expect((JSON.parse(answer.body) as Arrival).node).toBe(1);
  });
}

type Load = (dir: string, file: string, port: number) => Promise<RunningProxy>;

for (const { program, malformed } of [
  { program: NGINX, malformed: [503] },
  // HAProxy refuses by itself what no request may hold; httpd what leads above the root, too.
  { program: HAPROXY, malformed: [503, 400] },
  { program: APACHE, malformed: [503, 400, 404] },
]) {
  describeWithProgram("A file for a load balancer", program.name, () =>
    serves(program.format, malformed, (dir, file, port) =>
      startProxy(program, program.arguments(dir, file, port), { dir, port }),
    ),
  );
}

for (const format of ["ingress-nginx", "gateway-api"]) {
  describeWithProgram(`The gate of ${format}`, "nginx", () =>
    serves(format, [503], async (dir, file, port) => {
      const manifests = parseAllDocuments(await readFile(file, "utf8")).map((one) => one.toJS());
      const conf: string = manifests.find((one) => one?.kind === "ConfigMap").data["nginx.conf"];
      // As in the pod, but for places and ports of this machine.
      const here = conf
        .replaceAll("/tmp/", `${dir}/`)
        .replaceAll("/etc/nginx/tls/", `${dir}/`)
        .replaceAll("/dev/stderr", "stderr")
        .replace("listen 8443 ", `listen ${port} `)
        .replace("listen 8081;", `listen ${await freePort()};`);
      const main = `daemon off; ${process.getuid?.() === 0 ? "user root;" : ""}\n${here}`;
      return await startProxy({ name: "nginx" }, nginxArguments(dir, main), { dir, port });
    }),
  );
}
