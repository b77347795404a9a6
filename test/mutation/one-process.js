import { basename } from "node:path";
import { createVitest } from "vitest/node";

let loads = 0;

/** Stryker's own runner starts a thread and loads every module for each change; this one loads the tests once (all-tests.ts). */
class OneProcess {
  /** What only the loading of a module runs is left out (ignoreStatic), so that no change asks for modules that are loaded anew. */
  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    this.vitest = await createVitest("test", {
      config: "test/mutation/vitest.config.ts",
      watch: false,
      reporters: [{}],
      onConsoleLog: () => false,
    });
    await this.#load();
  }

  async #load() {
    const name = `changes-${++loads}`;
    this.channel = new BroadcastChannel(name);
    const isReady = this.#hear();
    this.vitest.provide("channel", name);
    this.ended = this.vitest.start().then(() => {
      throw new Error("The thread with the unit tests has ended");
    });
    this.ended.catch(() => {});
    await Promise.race([isReady, this.ended]);
  }

  #hear() {
    return new Promise((resolve, reject) => {
      this.channel.onmessage = ({ data }) =>
        "error" in data ? reject(new Error(data.error)) : resolve(data.answer);
    });
  }

  #ask(request) {
    const answer = this.#hear();
    this.channel.postMessage({ request });
    return Promise.race([answer, this.ended]);
  }

  async #unload() {
    await this.#ask({ end: true }).catch(() => {});
    await this.ended.catch(() => {});
    this.channel.close();
  }

  async #loadAnew() {
    await this.#unload();
    await this.#load();
  }

  async dryRun() {
    const { tests, coverage } = await this.#ask({ dry: true });
    const results = tests.map(({ failure, ...test }) =>
      failure === undefined ? { ...test, status: 0 } : { ...test, status: 1, failureMessage: failure },
    );
    return { status: "complete", tests: results, mutantCoverage: coverage };
  }

  async mutantRun({ activeMutant: { id, fileName }, hitLimit, testFilter }) {
    const change = { id, file: basename(fileName, ".ts"), hitLimit, tests: testFilter };
    const suspects = new Set();
    let verdict = await this.#ask({ change });
    while (verdict.kind === "worn" && !suspects.has(verdict.test)) {
      suspects.add(verdict.test);
      await this.#loadAnew();
      verdict = await this.#ask({ change: { ...change, suspect: verdict.test } });
    }
    // What was noticed in a fresh process only may have spoilt this one too.
    if (suspects.size > 0) await this.#loadAnew();
    // A test that fails without the change too, again and again, notices nothing.
    if (["survived", "worn"].includes(verdict.kind))
      return { status: "survived", nrOfTests: verdict.played ?? 0 };
    if (verdict.kind === "timeout") return { status: "timeout", reason: `without an end: ${verdict.test}` };
    return {
      status: "killed",
      killedBy: [verdict.test],
      failureMessage: verdict.why,
      nrOfTests: verdict.played,
    };
  }

  async dispose() {
    await this.#unload();
    await this.vitest.close();
  }
}

const create = () => new OneProcess();
create.inject = [];

export const strykerPlugins = [{ kind: "TestRunner", name: "one-process", factory: create }];
