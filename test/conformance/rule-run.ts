/** What tsuwsgi makes of a rule's configuration: its list, its settings, and all that it says. */
import { execFileSync } from "node:child_process";
import { collector, locate } from "../../src/diagnostic.ts";
import { examine } from "../../src/lint/examine.ts";
import type { LiveHost } from "../../src/resolve/host.ts";
import { loadConfiguration } from "../../src/resolve/load.ts";
import { showConfig } from "../../src/resolve/show.ts";
import type { Machine } from "../../src/settings/machine.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { fakeHost } from "../resolve/fake-host.ts";
import type { Rule } from "./rule-file.ts";

/** The outcome of one rule. */
export interface Outcome {
  /** The lines between uWSGI's two marks and the header of the section, each ended by a newline. */
  readonly list: string;
  readonly settings: Settings;
  /** `FILE:LINE:COLUMN severity rule` of every finding, in the order of `tsuwsgi lint`. */
  readonly said: readonly string[];
}

/** An empty machine, on which only what a test names exists. */
const machine: Machine = {
  kind: (path) => (path === "/tmp" || path === "/srv/app" ? "directory" : "missing"),
  readable: () => true,
  writable: () => true,
  executable: () => true,
  readText: () => undefined,
  mode: () => undefined,
  list: () => undefined,
  cipherFault: () => undefined,
  searchPath: "/usr/bin:/bin",
  uid: 65534,
  gid: 65534,
  run: () => ({ status: 0, stdout: "", stderr: "" }),
};

/** What a start may do: run the rules' commands, which only print something. */
const live: LiveHost = {
  exec: (command) => ({ ok: true, bytes: execFileSync("/bin/sh", ["-c", command]) }),
  fetch: () => ({ ok: false, problem: "no network" }),
  readDescriptor: () => ({ ok: false, problem: "no such descriptor" }),
  lookup: () => undefined,
};

/** Reads a rule's configuration where it was recorded: in /srv/app, on web1, as nobody. */
export async function runRule({ files, argv, env }: Rule): Promise<Outcome> {
  const fake = fakeHost({
    files: Object.fromEntries(files),
    env: {
      PATH: "/usr/bin:/bin",
      HOME: "/home/app",
      HOSTNAME: "web1",
      LANG: "C.UTF-8",
      PWD: "/srv/app",
      PORT: "8080",
      ...env,
    },
  });
  const host = { ...fake, live };
  const load = (report: Parameters<typeof loadConfiguration>[1]) =>
    loadConfiguration({ argv, host }, report);
  const { found, settings } = await examine(load, host, machine);
  return {
    list: listOf(showConfig(load(collector().report))),
    settings,
    said: found.map((finding) => `${locate(finding)} ${finding.severity} ${finding.rule}`),
  };
}

function listOf(shown: string): string {
  return shown.replace(/^.*\n\[uwsgi\]\n/, "").replace(/;end of configuration\n$/, "");
}
