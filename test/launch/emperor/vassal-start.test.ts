/** What a vassal is started with: the same as by uWSGI's emperor. */
import { afterEach, expect, test, vi } from "vitest";
import { vassalArguments, vassalEnvironment } from "../../../src/launch/emperor/vassal-start.ts";
import { finishEmperor, noEmperor } from "../../../src/settings/emperor-settings.ts";
import { file } from "./court.ts";

afterEach(() => vi.unstubAllEnvs());

const settings = finishEmperor(noEmperor(), "/", "/", false);

test.each([
  ["a.ini", ["--ini", "a.ini"]],
  ["a.xml", ["--xml", "a.xml"]],
  ["a.yml", ["--yaml", "a.yml"]],
  ["a.yaml", ["--yaml", "a.yaml"]],
  ["a.js", ["--json", "a.js"]],
  ["a.json", ["--json", "a.json"]],
  ["a.conf", ["--config", "a.conf"]],
  ["/x.y/a:b.ini", ["--ini", "/x.y/a:b.ini:"]],
])("%s is read by its option", (id, args) => {
  expect(vassalArguments(file(id), { ...settings, extensions: [".conf"] })).toEqual(args);
});

test("what all vassals get stands before and after their own", () => {
  const all = {
    ...settings,
    inheritsBefore: ["i1", "i2"],
    includesBefore: ["c1"],
    sets: ["processes=2"],
    inherits: ["i3"],
    includes: ["c2"],
  };
  const before = "--inherit i1 --inherit i2 --include c1 --set processes=2";
  const args = vassalArguments(file("a.ini"), all);
  expect(args.join(" ")).toBe(`${before} --ini a.ini --inherit i3 --include c2`);
});

test("the environment is ours, but for what is about the emperor", () => {
  for (const [name, value] of Object.entries({
    OTHER: "1",
    UWSGI_EMPEROR: "/etc/vassals",
    UWSGI_EMPEROR_FD: "9",
    UWSGI_VASSALS_INHERIT: "x",
    UWSGI_VASSAL_PROCESSES: "4",
    UWSGI_PROCESSES: "1",
    UWSGI_RELOADS: "1",
    NOTIFY_SOCKET: "/run/n",
    LISTEN_FDS: "1",
  }))
    vi.stubEnv(name, value);
  const env = vassalEnvironment(file("a.ini"), 3);
  expect(env).toMatchObject({
    OTHER: "1",
    UWSGI_EMPEROR_FD: "3",
    UWSGI_PROCESSES: "4",
    UWSGI_VASSALS_DIR: "/v",
    TSUWSGI_VASSAL: "a.ini",
  });
  const gone = ["UWSGI_EMPEROR", "UWSGI_VASSALS_INHERIT", "UWSGI_RELOADS", "NOTIFY_SOCKET"];
  for (const name of [...gone, "LISTEN_FDS", "UWSGI_VASSAL_PROCESSES"])
    expect(env[name]).toBeUndefined();
  expect(vassalEnvironment(file("a.ini"), undefined)["UWSGI_EMPEROR_FD"]).toBeUndefined();
});
