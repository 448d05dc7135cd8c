/** What README.md promises, done. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { page, projectPath, runTsuwsgi, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const readme = readFileSync(projectPath("README.md"), "utf8");

/** The fenced block of a language. */
function block(language: string): string {
  const text = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(readme)?.[1];
  if (text === undefined) throw new Error(`README.md has no block of ${language}`);
  return text;
}

describe("the example", () => {
  test("lint says so, and with status 1", async () => {
    const app = "def application(environ, start_response): ...\n";
    const cwd = temporaryDirectory({ "app.ini": block("ini"), "app.py": app });
    const { code, stdout } = await runTsuwsgi(["lint", "app.ini"], { cwd });
    expect(stdout).toBe(block("text"));
    expect(code).toBe(1);
  });

  test("so does the start", async () => {
    const app = "def application(environ, start_response): ...\n";
    const cwd = temporaryDirectory({ "app.ini": block("ini"), "app.py": app });
    const { code, stderr } = await runTsuwsgi(["app.ini"], { cwd });
    expect(stderr).toBe(block("text"));
    expect(code).toBe(1);
  });
});

describe("configs/hello.ini", () => {
  test("has nothing wrong", async () => {
    const { code, stdout } = await runTsuwsgi(["lint", "configs/hello.ini"], {
      cwd: projectPath("."),
    });
    expect([stdout, code]).toEqual(["", 0]);
  });

  test("serves a page, from any directory", async () => {
    const port = await freePort();
    const text = readFileSync(projectPath("configs/hello.ini"), "utf8");
    const directory = temporaryDirectory({
      // The port of the real file may be in use.
      "configs/hello.ini": text.replace(":8000", `:${port}`),
      "configs/hello.py": readFileSync(projectPath("configs/hello.py")),
    });
    const server = await startServer(
      ["--ini", "configs/hello.ini"],
      { accepts: port },
      { cwd: directory },
    );
    expect(await page(port, "/x")).toMatch(/^Hello from worker \d+: you asked for \/x\n$/);
    await server.stop();
    await server.assertGone();
  });
});

test("the commands are those of .ci/run and of the scripts", () => {
  const ci = readFileSync(projectPath(".ci/run"), "utf8");
  const check = "npm ci && npm run lint && npm test";
  expect(readme).toContain(`\n    ${check}\n`);
  expect(ci).toContain(`(${check})`);
});
