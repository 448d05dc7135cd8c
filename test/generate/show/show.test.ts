import { describe, expect, test } from "vitest";
import type { ShowOptions } from "../../../src/generate/show/show.ts";
import { show } from "../../../src/generate/show/show.ts";
import { loadOption } from "../../../src/resolve/load.ts";
import { fakeHost } from "../../resolve/fake-host.ts";

const files = {
  "a.ini": `[uwsgi]
ini = b.ini
processes = 4
master
vacuum = maybe
env = A=1
1 = one
socket = :1
socket = :2
threads = 2x
log-format = %(uri): "x"
x = true
`,
  "b.ini": "[uwsgi]\nworkers = 2\nx = 1\n",
};

function shown(options: ShowOptions, more: { readonly [path: string]: string } = files): string {
  return show(
    loadOption("ini", "a.ini", fakeHost({ files: more }), () => {}),
    options,
  );
}

test("typed, as YAML: numbers and flags where the text is one, lists where there may be several", () => {
  expect(shown({ format: "yaml" })).toBe(`uwsgi:
  ini:
    - a.ini
    - b.ini
  workers: 2
  x:
    - '1'
    - 'true'
  processes: 4
  master: true
  vacuum: maybe
  env:
    - A=1
  '1': one
  socket:
    - ':1'
    - ':2'
  threads: 2x
  log-format: '%(uri): "x"'
`);
});

test("typed, as JSON, in the same order", () => {
  const text = shown({ format: "json" });
  expect(text).toContain('"vacuum": "maybe",\n    "env": ["A=1"],\n    "1": "one",\n');
  expect(JSON.parse(text)).toEqual({
    uwsgi: {
      ini: ["a.ini", "b.ini"],
      workers: 2,
      x: ["1", "true"],
      processes: 4,
      master: true,
      vacuum: "maybe",
      env: ["A=1"],
      "1": "one",
      socket: [":1", ":2"],
      threads: "2x",
      "log-format": '%(uri): "x"',
    },
  });
});

test("nothing at all", () => {
  const nothing = { entries: [], used: new Set<string>() };
  expect(show(nothing, { format: "yaml" })).toBe("uwsgi: {}\n");
  expect(show(nothing, { format: "json", origins: true })).toBe(
    '{\n  "uwsgi": {},\n  "origins": []\n}\n',
  );
});

describe("origins", () => {
  const few = {
    "a.ini": "[uwsgi]\nini = b.ini\nprocesses = %(x)\nenv = A=1\nenv = B=2\n",
    "b.ini": "[uwsgi]\nini = c.ini\nworkers = 2\nx = 4\n",
    "c.ini": '[uwsgi]\nprocs"\nworkers = 1\n',
  };

  test("are comments above the values, so that the list is still an ini", () => {
    const text = shown({ origins: true }, few);
    expect(text).toBe(`;uWSGI instance configuration
[uwsgi]
; (command line):1:7
ini = a.ini
; a.ini:2:7
ini = b.ini
; b.ini:2:7, included from a.ini:2:7
ini = c.ini
; c.ini:2:1, included from b.ini:2:7, included from a.ini:2:7
procs" = 
; c.ini:3:11, included from b.ini:2:7, included from a.ini:2:7, NOT USED, see b.ini:3:11
workers = 1
; b.ini:3:11, included from a.ini:2:7, over "1" (c.ini:3:11), NOT USED, see a.ini:3:13
workers = 2
; b.ini:4:5, included from a.ini:2:7
x = 4
; a.ini:3:13, over "2" (b.ini:3:11)
processes = 4
; a.ini:4:7
env = A=1
; a.ini:5:7
env = B=2
;end of configuration
`);
    const plain = text.replace(/^; .*\n/gm, "");
    expect(plain).toBe(shown({}, few));
  });

  test("in YAML", () => {
    expect(shown({ format: "yaml", origins: true }, few)).toContain(
      '  # a.ini:3:13, over "2" (b.ini:3:11)\n  processes: 4\n  env:\n    # a.ini:4:7\n    - A=1\n',
    );
  });

  test("in JSON", () => {
    const { origins } = JSON.parse(shown({ format: "json", origins: true }, few));
    expect(origins).toHaveLength(10);
    expect(origins[4]).toEqual({
      option: "workers",
      value: "1",
      written: "1",
      file: "c.ini",
      line: 3,
      column: 11,
      includedFrom: [
        { file: "b.ini", line: 2, column: 7 },
        { file: "a.ini", line: 2, column: 7 },
      ],
      over: null,
      under: { value: "2", file: "b.ini", line: 3, column: 11 },
    });
    expect(origins[7]).toMatchObject({
      option: "processes",
      value: "4",
      written: "%(x)",
      over: { value: "2", file: "b.ini", line: 3, column: 11 },
      under: null,
    });
  });
});
