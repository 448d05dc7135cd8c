/**
 * Real configurations beside what uWSGI 2.0.21 printed for them. They are other people's and no part of
 * this project, so the test needs them next to it, in ../shared, and is skipped where they are not.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { loadConfiguration } from "../../src/resolve/load.ts";
import { showConfig } from "../../src/resolve/show.ts";
import { fakeHost } from "../resolve/fake-host.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpus");
const present = existsSync(corpus);

/** Differences that are not in the reading. */
const skipped = new Map([
  ["079.ini", "%T, microseconds"],
  ["192.ini", "uWSGI cuts the address in the list while it binds it"],
  ["174.ini", "uWSGI cuts cron2 in the list"],
  ["083.ini", "the date of the day"],
  ["084.ini", "the date of the day"],
  ["236.yaml", "uWSGI stops for want of a plugin"],
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

const names = present
  ? readdirSync(join(corpus, "files")).filter((name) => /\.(?:ini|yaml)$/.test(name))
  : [];

describe.skipIf(!present)("published configurations", () => {
  test("are read as uWSGI reads their other sections", () => {
    const folder = join(corpus, "oracle-sections");
    const differing = readdirSync(folder).filter((oracle) => {
      const [number = "", section = ""] = oracle.replace(/\.txt$/, "").split("@");
      const name = names.find((candidate) => candidate.startsWith(number));
      if (name === undefined || skipped.has(name) || skipped.has(oracle)) return false;
      const ours = show(name, `:${section}`);
      return !ours.unsupported && !compare(readFileSync(join(folder, oracle)), ours.text);
    });
    expect(differing).toEqual([]);
  });

  test("are read as uWSGI reads them with variables in the environment", () => {
    const folder = join(corpus, "oracle-env2");
    const differing = readdirSync(folder).filter((oracle) => {
      const name = names.find((candidate) => candidate.startsWith(oracle.slice(0, 3)));
      if (name === undefined || skipped.has(name)) return false;
      const ours = show(name, "", moreVariables);
      return !ours.unsupported && !compare(readFileSync(join(folder, oracle)), ours.text);
    });
    expect(differing).toEqual([]);
  });

  test("are read as uWSGI reads them", () => {
    const differing: string[] = [];
    let matched = 0;
    let unsupported = 0;
    for (const name of names.filter((candidate) => !skipped.has(candidate))) {
      const ours = show(name);
      const oracle = join(corpus, "oracle", `${name.slice(0, 3)}.txt`);
      if (ours.unsupported) unsupported++;
      else if (!existsSync(oracle)) {
        if (!ours.failed) differing.push(`${name}: uWSGI stops, tsuwsgi does not`);
        else matched++;
      } else if (compare(readFileSync(oracle), ours.text)) matched++;
      else differing.push(name);
    }
    console.info(`${matched} as uWSGI, ${unsupported} with directives that are not supported yet`);
    expect(differing).toEqual([]);
    expect(matched).toBeGreaterThan(90);
  });
});

function show(name: string, section = "", env?: { readonly [name: string]: string }) {
  const content = readFileSync(join(corpus, "files", name));
  const { report, found } = collector();
  const flag = name.endsWith(".ini") ? "--ini" : "--yaml";
  const host = fakeHost({ files: { [name]: content }, ...(env ? { env } : {}) });
  const resolved = loadConfiguration(
    { argv: [flag, name + section, "--show-config"], host },
    report,
  );
  return {
    text: showConfig(resolved),
    failed: found.some(({ severity }) => severity === "error"),
    unsupported: found.some(({ rule }) => rule === "unsupported-directive"),
  };
}

function compare(oracle: Uint8Array, ours: string): boolean {
  const body = ours.split("\n").slice(1, -2).join("\n");
  const theirs = new TextDecoder().decode(oracle);
  return theirs.trimEnd() === body.trimEnd();
}
