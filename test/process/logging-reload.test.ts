/** What a reload does to the log. */
import { appendFileSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

test("log-reopen: every process writes to the new file; the requests' form is the new one", async () => {
  const port = await freePort();
  const directory = temporaryDirectory();
  const ini = join(directory, "app.ini");
  const lines = [
    ...["[uwsgi]", "master = true", `http-socket = 127.0.0.1:${port}`, "log-reopen = true"],
    ...[`wsgi-file = ${projectPath("test/apps/writes_logs.py")}`, `logto = ${directory}/log`],
    ...["log-format = old %(uri)", `req-logger = file:${directory}/requests`],
  ];
  appendFileSync(ini, lines.map((line) => `${line}\n`).join(""));
  const text = (name: string) => readFileSync(join(directory, name), "utf8");
  const server = await startServer(["--ini", ini], { http: port });
  await request(port, { path: "/out" });
  await until(
    "the lines",
    () => text("log").includes("to stdout") && text("requests").includes("old /out"),
  );

  for (const name of ["log", "requests"])
    renameSync(join(directory, name), join(directory, `${name}.1`));
  appendFileSync(ini, "log-format = new %(uri)\nlog-encoder = prefix later:\n");
  server.signal("SIGHUP");
  await until("the end of the reload", async () => {
    await request(port, { path: "/out" });
    return text("requests").includes("new /out");
  });
  await until("the application's output", () => text("log").includes("to stdout"));
  expect(text("log")).toMatch(/^\[\d{10}\] \S+\/log reopened\.\n/);
  // It was agreed on at the start, and would need another.
  expect(text("log")).toMatch(/app\.ini:\d+:\d+: the log's encoders changed; that needs a restart/);
  expect(text("log")).not.toMatch(/^later:/m);
  expect(text("log.1")).toMatch(/triggering log-reopen\.\.\.\n$/);
  expect(text("requests.1")).not.toContain("new /out");
  await server.stop("SIGINT");
  await server.assertGone();
});
