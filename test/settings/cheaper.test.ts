import { expect, test } from "vitest";
import { settled, sound } from "./settled.ts";

/** What is said of a configuration with these lines, as `LINE severity rule: message`. */
function said(...lines: string[]): string[] {
  const text = [...sound, "processes = 4", "master = true", ...lines].join("\n");
  return settled(text).said.map((line) => line.replace(/^app\.ini:/, ""));
}

const first = sound.length + 3;

test("without cheaper what belongs to it does nothing", () => {
  const options = ["cheaper-step = 2", "cheaper-idle = 3", "cheaper-busyness-penalty = 4"];
  const at = options.map((line, index) => `${first + index}:${line.indexOf("=") + 3}`);
  expect(said(...options).sort()).toEqual(
    options.map(
      (line, index) =>
        `${at[index]} warning no-effect: \`${line.split(" ")[0]}\` does nothing without \`cheaper\``,
    ),
  );
});

test.for([
  ["cheaper-idle = 3", "spare2"],
  ["cheaper-busyness-max = 60", "busyness"],
  ["cheaper-busyness-backlog-alert = 9", "busyness"],
  ["cheaper-busyness-verbose = true", "busyness"],
] as const)("%s does nothing but with %s", ([line, algorithm]) => {
  const option = line.split(" ")[0];
  expect(said("cheaper = 1", line)).toEqual([
    expect.stringContaining(
      `no-effect: \`${option}\` does nothing without \`cheaper-algo = ${algorithm}\``,
    ),
  ]);
  expect(said("cheaper = 1", line, `cheaper-algo = ${algorithm}`)).toEqual([]);
});

test("a least busyness that is no lower than the most is told", () => {
  const busyness = ["cheaper = 1", "cheaper-algo = busyness", "cheaper-busyness-max = 20"];
  expect(said(...busyness)).toEqual([
    expect.stringContaining("warning cheaper-limits: `cheaper-busyness-min` (25) is not lower"),
  ]);
  expect(said(...busyness, "cheaper-busyness-min = 10")).toEqual([]);
});
