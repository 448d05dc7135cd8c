/** The configurations in docs/ have nothing wrong, and the unit and the image start what there is. */
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectPath, runTsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

function blocks(page: string, language: string): string[] {
  const text = readFileSync(projectPath(`docs/${page}`), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  );
}

/** What the examples run. */
const programs = ["bin/celery", "bin/memcached", "sidecar", "other", "nightly", "poll", "weekly"];
const app = "def application(environ, start_response): ...\n";

describe.each(["beside.md", "containers.md"])("docs/%s", (page) => {
  test.each([...blocks(page, "ini").entries()])("block %i", async (_, text) => {
    const cwd = temporaryDirectory({
      ...{ "app.ini": text, "app.py": app },
      ...Object.fromEntries(programs.map((name) => [name, ""])),
    });
    for (const name of programs) chmodSync(join(cwd, name), 0o755);
    const env = { PATH: `${join(cwd, "bin")}:${process.env["PATH"]}` };
    const { code, stdout } = await runTsuwsgi(["lint", "app.ini"], { cwd, env });
    expect([stdout, code]).toEqual(["", 0]);
  });
});

test("the image runs the command as its first process, not a shell", () => {
  const [image = ""] = blocks("containers.md", "dockerfile");
  const command = /^CMD (\[.*\])$/m.exec(image)?.[1] ?? "";
  expect(JSON.parse(command)).toEqual(["tsuwsgi", "--ini", "app.ini"]);
});

test("the unit is of a kind that waits to be told", () => {
  const [unit = ""] = blocks("systemd.md", "ini");
  expect(unit).toMatch(/^Type=notify-reload$/m);
  expect(unit).toMatch(/^ExecStart=\/\S*tsuwsgi --ini \S+$/m);
  expect(unit).not.toContain("daemonize");
});
