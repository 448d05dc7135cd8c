/** Published configurations beside what uWSGI 2.0.21 printed for them: the lists are the same, byte for byte. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/diagnostic.ts";
import { collector } from "../../src/diagnostic.ts";
import { loadConfiguration } from "../../src/resolve/load.ts";
import { showConfig } from "../../src/resolve/show.ts";
import { fakeHost } from "../resolve/fake-host.ts";
import { describeWith, sharedPath } from "./shared.ts";

/** Lists that differ, each for a reason that is not in the reading. */
const differs = new Map([
  ["oracle/079.txt", "%T, the microsecond of the start"],
  ["oracle/083.txt", "the date of the day, from a command"],
  ["oracle/084.txt", "the date of the day, from a command"],
  ["oracle/174.txt", "uWSGI's parser of cron2 writes into the text that the list then shows"],
  ["oracle/192.txt", "uWSGI's search for an address writes into the text that the list then shows"],
  ["oracle-env2/192.txt", "the same"],
]);

/** Files with which uWSGI stops, and tsuwsgi does not while it reads. */
const goesOn = new Map([
  ["236.yaml", "uWSGI lacks a plugin; tsuwsgi has none, and the settings judge the option"],
]);

/** What was set besides the usual when the second list was recorded. */
const moreVariables = Object.fromEntries(
  `PATH=/usr/bin:/bin HOME=/home/app HOSTNAME=web1 LANG=C.UTF-8 PWD=/srv/app PORT=8080
   UWSGI_PROCESSES=3 UWSGI_THREADS=2 UWSGI_HARAKIRI=60 DEV_ENV=1 VIRTUAL_ENV=/venv LD_CONTEXT_PATH=links/
   LD_DISABLE_REQUEST_LOGS=true LD_REQUEST_TIMEOUT=90 APPLICATION_ROOT=/app STATIC_ROOT=/app/static
   STATIC_URL=/static MEDIA_URL=/media MEDIA_ROOT=/app/media WEB_SERVER_PORT=8100
   DISPATCHARR_LOG_LEVEL=INFO CELERY_NICE_LEVEL=5 SMTPD_PORT=2525 PIPPO=pluto LISTEN_IPV6=
   HTTP_AUTH_CREDENTIALS=user:pw`
    .split(/\s+/)
    .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
);

describeWith("corpus", "published configurations", () => {
  const names = readdirSync(sharedPath("corpus/files"));
  const nameOf = (number: string) =>
    names.find((candidate) => candidate.startsWith(number)) ?? number;
  const stopping = names.filter((name) => !existsSync(oraclePath(name)));

  describe("as uWSGI reads them", () => {
    test.each(names.filter((name) => !stopping.includes(name)))("%s", (name) => {
      compare(`oracle/${name.slice(0, 3)}.txt`, show(name));
    });
  });

  describe("where uWSGI stops", () => {
    test.each(stopping)("%s", (name) => {
      const { found } = show(name);
      const errors = found.filter(({ severity }) => severity === "error");
      expect(errors.length > 0).toBe(!goesOn.has(name));
      expect(errors.every(({ span }) => span !== undefined)).toBe(true);
    });
  });

  describe("other sections", () => {
    test.each(readdirSync(sharedPath("corpus/oracle-sections")))("%s", (oracle) => {
      const [number = "", section = ""] = oracle.replace(/\.txt$/, "").split("@");
      compare(`oracle-sections/${oracle}`, show(nameOf(number), { section: `:${section}` }));
    });
  });

  describe("with variables in the environment", () => {
    test.each(readdirSync(sharedPath("corpus/oracle-env2")))("%s", (oracle) => {
      compare(`oracle-env2/${oracle}`, show(nameOf(oracle.slice(0, 3)), { env: moreVariables }));
    });
  });

  describe("sets of files", () => {
    test.each(fileSets())("%s", (set, name) => {
      compare(`multi/${set}/expected/${name}.txt`, showSet(set, name));
    });
  });
});

interface Shown {
  readonly list: string;
  readonly found: readonly Diagnostic[];
}

function oraclePath(name: string): string {
  return sharedPath("corpus/oracle", `${name.slice(0, 3)}.txt`);
}

function compare(oracle: string, { list }: Shown): void {
  const recorded = readFileSync(sharedPath("corpus", oracle), "utf8");
  if (differs.has(oracle)) expect(list).not.toBe(recorded);
  else expect(list).toBe(recorded);
}

function show(
  name: string,
  { section = "", env }: { section?: string; env?: { readonly [name: string]: string } } = {},
): Shown {
  const files = { [name]: readFileSync(sharedPath("corpus/files", name)) };
  const flag = `--${name.slice(name.lastIndexOf(".") + 1)}`;
  return load([flag, name + section, "--show-config"], { files, ...(env ? { env } : {}) });
}

/** The sets with the file of each that was given to uWSGI. */
function fileSets(): [string, string][] {
  if (!existsSync(sharedPath("corpus/multi"))) return [];
  return readdirSync(sharedPath("corpus/multi")).flatMap((set) =>
    readdirSync(sharedPath("corpus/multi", set, "expected")).map((oracle): [string, string] => [
      set,
      oracle.replace(/\.txt$/, ""),
    ]),
  );
}

/** Loads a file of a set: all its files lie in the working directory, but those of `_etc_uwsgi`. */
function showSet(set: string, name: string): Shown {
  const folder = sharedPath("corpus/multi", set);
  const files: { [path: string]: Uint8Array } = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    files[relative(folder, path).replace(/^_etc_uwsgi\//, "/etc/uwsgi/")] = readFileSync(path);
  }
  const main = Object.keys(files).find(
    (path) => path === name || (path.endsWith(`/${name}`) && !path.startsWith("/etc")),
  );
  return load(["--ini", main ?? name, "--show-config"], { files });
}

function load(argv: readonly string[], world: Parameters<typeof fakeHost>[0]): Shown {
  const { report, found } = collector();
  const resolved = loadConfiguration({ argv, host: fakeHost(world) }, report);
  const shown = showConfig(resolved);
  return { list: shown.split("\n").slice(1, -2).join("\n").concat("\n"), found };
}
