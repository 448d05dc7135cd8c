import { expect, test } from "vitest";
import { resolvedFrom } from "./resolved.ts";
import { rulesFor, settled, sound } from "./settled.ts";

const fine = sound.join("\n");

test("an option of uWSGI's that is not supported is refused, or ignored when lenient", () => {
  const { said } = settled(`${fine}\nmules = 2`);
  expect(said).toEqual([
    "app.ini:3:1 error unsupported-option: `mules` is known to uWSGI, not yet supported by tsuwsgi",
  ]);
  expect(rulesFor("lenient = true", "mules = 2")).toEqual(["warning unsupported-option"]);
});

test("a misspelt option is an error with the right name, or a warning when lenient", () => {
  const { said, helps } = settled(`${fine}\nproceses = 2`);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^app\.ini:3:1 error unknown-option: /);
  expect(helps[0]).toContain("`processes`");
  expect(rulesFor("lenient = true", "proceses = 2")).toEqual(["warning unknown-option"]);
});

test("a variable of the environment that is no option does not stop the start, unless strict", () => {
  const source = { name: "(environment)", text: "UWSGI_PORT=1" };
  const port = {
    key: "port",
    value: "1",
    written: "1",
    keySpan: { source, start: 0, end: 10 },
    valueSpan: { source, start: 11, end: 12 },
    includes: [],
  };
  const withPort = (text: string) => {
    const resolved = resolvedFrom(text);
    return settled({ ...resolved, entries: [...resolved.entries, port] }).said;
  };
  expect(withPort(fine)).toEqual([
    expect.stringContaining("(environment):1:1 warning unknown-option"),
  ]);
  expect(withPort(`${fine}\nstrict = true`)).toEqual([expect.stringContaining(" error ")]);
});

test("a name of one's own by --set, as of vassals-set, does not stop the start; a misspelt option does", () => {
  const bySet = (pair: string) => {
    const source = { name: "(command line)", text: `--set ${pair}` };
    const [key = "", value = ""] = pair.split("=");
    const keySpan = { source, start: 6, end: 6 + key.length };
    const valueSpan = { source, start: keySpan.end + 1, end: source.text.length };
    const resolved = resolvedFrom(fine);
    const entry = { key, value, written: value, keySpan, valueSpan, includes: [] };
    return settled({ ...resolved, entries: [entry, ...resolved.entries] }).said;
  };
  expect(bySet("socketdir=/run")).toEqual([
    expect.stringContaining("(command line):1:7 warning unknown-option"),
  ]);
  expect(bySet("proceses=2")).toEqual([expect.stringContaining("1:7 error unknown-option")]);
});

test("a colon where uWSGI wants `=` is explained", () => {
  expect(settled(`${fine}\nprocesses: 4`).helps[0]).toBe(
    "write `processes = …`: a colon does not separate",
  );
});

test("a blank where uWSGI wants `=` is explained", () => {
  expect(settled(`${fine}\nstatic-map /media=/srv/media`).helps[0]).toBe(
    "write `static-map = /media…`: a blank does not separate",
  );
});

test("a private variable is fine where a placeholder uses it, and not when strict", () => {
  const text = `${fine}\nbase = /srv\nchdir = /srv`;
  expect(settled(resolvedFrom(text, ["base"])).said).toEqual([]);
  const strict = settled(resolvedFrom(`${text}\nstrict = true`, ["base"]));
  expect(strict.said).toEqual([
    "app.ini:3:1 error private-variable: `strict` refuses the private variable `base`",
  ]);
  expect(strict.helps).toEqual(["write `set-placeholder = base=/srv`"]);
});

test("directives were obeyed before and are no news", () => {
  expect(rulesFor("ini = other.ini", "set-placeholder = a=b", "endif =")).toEqual([]);
});

test.each([
  ["enable-threads = true", []],
  ["enable-threads = false", ["warning no-effect"]],
  ["die-on-term = true", []],
  ["die-on-term = false", []],
  ["http-keepalive = 1", []],
  ["http-keepalive", ["warning no-effect"]],
  ["http-keepalive = 0", ["warning no-effect"]],
  ["plugin = python3", []],
  ["plugins = python3, http", []],
  ["plugin = router_static", []],
  ["plugin = 0:python3", []],
  ["plugin = /usr/lib/uwsgi/plugins/http_plugin.so", []],
  ["plugins = python3, php", ["error unsupported-plugin"]],
  ["thunder-lock = true", []],
  ["thunder-lock = false", []],
  ["no-orphans = true", []],
  ["no-orphans = false", ["warning no-effect"]],
  ["http-processes = 1", []],
  ["http-processes = 4", ["warning no-effect"]],
  ["offload-threads = 4", []],
  ["offload-threads = -4", ["error out-of-range"]],
  ["offload-threads = many", ["error not-a-number"]],
  ["single-interpreter = maybe", ["error not-a-boolean"]],
  ["wsgi-env-behaviour = holy", []],
  ["wsgi-env-behaviour = best", ["error invalid-value"]],
  ["vhost = true", ["error unsupported-option"]],
  ["vhost = off", []],
  ["mules = 0", ["error unsupported-option"]],
  ["plugin = php", ["error unsupported-plugin"]],
  ["need-plugin = nosuch", ["error unsupported-plugin"]],
])("%s", (line, rules) => {
  expect(rulesFor(line)).toEqual(rules);
});

test.each([
  [
    "emperor-broodlord = 4",
    "write `cheaper` in the server's configuration: workers come with the load, or",
  ],
  ["clock = unix", "take it out, or start with `--lenient` to ignore it"],
])("what to do instead of %s", (line, help) => {
  const { said, helps } = settled(`${fine}\n${line}`);
  expect(said).toEqual([expect.stringMatching(/^app\.ini:3:1 error unsupported-option: /)]);
  expect(helps[0]).toContain(help);
});

test("an option for another language is not promised for later", () => {
  expect(settled(`${fine}\nphp-set = a=b`).said).toEqual([
    "app.ini:3:1 error unsupported-option: `php-set` is for PHP applications; tsuwsgi runs Python applications",
  ]);
});

test("tsuwsgi's own options are suggested, and those that do something first", () => {
  expect(settled(`${fine}\nlenlent = true`).helps[0]).toContain("`lenient`");
  expect(settled(`${fine}\nno_server_headers = true`).helps[0]).toContain("`no-server-header`");
  // `psgi` is as near and as long as what was written, and refused.
  expect(settled(`${fine}\nxsgi = x`).helps[0]).toBe("did you mean `wsgi`, `psgi`?");
});
