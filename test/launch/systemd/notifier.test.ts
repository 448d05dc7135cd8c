/** What a service manager is told, in which order, without one. */
import { describe, expect, test } from "vitest";
import { type Supervision, takeSupervision } from "../../../src/launch/systemd/environment.ts";
import { Notifier } from "../../../src/launch/systemd/notifier.ts";
import { until } from "../../helpers/until.ts";

const managed: Supervision = { socket: "/run/notify", watchdogMs: undefined, contained: false };

function play(supervision = managed) {
  const sent: string[] = [];
  const logged: string[] = [];
  const fault = { code: "" };
  const log = { write: (text: string) => void logged.push(text) };
  const notifier = new Notifier(supervision, () => log);
  const transport = {
    send: (message: string) => {
      if (fault.code !== "") throw Object.assign(new Error(fault.code), { code: fault.code });
      sent.push(message);
    },
    nowUs: () => 12345n,
  };
  return { notifier, sent, logged, fault, transport };
}

describe("the environment", () => {
  test("is taken, so that children do not have it", () => {
    const env = { NOTIFY_SOCKET: "@x", WATCHDOG_USEC: "2000000", WATCHDOG_PID: "7", OTHER: "1" };
    expect(takeSupervision(env, 7)).toEqual({
      ...{ socket: "@x", watchdogMs: 2000, contained: false },
    });
    expect(env).toEqual({ OTHER: "1" });
  });

  test.each([
    ["another process's", { WATCHDOG_USEC: "2000000", WATCHDOG_PID: "8" }],
    ["too short", { WATCHDOG_USEC: "5" }],
    ["no number", { WATCHDOG_USEC: "soon" }],
    ["absent", {}],
  ])("a watchdog that is %s is none", (_, env) => {
    expect(takeSupervision({ NOTIFY_SOCKET: "/x", ...env }, 7).watchdogMs).toBeUndefined();
  });

  test.each([
    ["", undefined],
    [undefined, undefined],
  ])("no socket: %o", (name, socket) => {
    expect(takeSupervision({ NOTIFY_SOCKET: name }, 7).socket).toBe(socket);
  });

  test("in a container", () => {
    expect(takeSupervision({}, 1).contained).toBe(true);
    expect(takeSupervision({ TSUWSGI_INIT: "1" }, 7).contained).toBe(true);
  });
});

describe("messages", () => {
  test("wait for the connection, and keep their order", () => {
    const { notifier, sent, transport } = play();
    notifier.status("loading");
    notifier.ready("serves");
    expect(sent).toEqual([]);
    notifier.use(transport);
    notifier.reloading();
    notifier.ready("serves again");
    notifier.stopping();
    expect(sent).toEqual([
      "STATUS=loading\n",
      `READY=1\nSTATUS=serves\nMAINPID=${process.pid}\n`,
      "RELOADING=1\nMONOTONIC_USEC=12345\nSTATUS=reloading\n",
      "READY=1\nSTATUS=serves again\n",
      "STOPPING=1\nSTATUS=stopping\n",
    ]);
  });

  test("there are none without a manager", () => {
    const { notifier, sent, transport } = play({ ...managed, socket: undefined });
    notifier.use(transport);
    notifier.ready("serves");
    expect(sent).toEqual([]);
  });

  test("in a container do not tell a number that is another one outside", () => {
    const { notifier, sent, transport } = play({ ...managed, contained: true });
    notifier.use(transport);
    notifier.ready("serves");
    expect(sent).toEqual(["READY=1\nSTATUS=serves\n"]);
  });

  test("a reload during the start is part of the start", () => {
    const { notifier, sent, transport } = play();
    notifier.use(transport);
    notifier.reloading();
    expect(sent).toEqual([]);
  });

  test("have one line of status, not too long", () => {
    const { notifier, sent, transport } = play();
    notifier.use(transport);
    notifier.status("one\nREADY=1");
    notifier.status("x".repeat(9999));
    expect(sent[0]).toBe("STATUS=one\n");
    expect(sent[1]).toBe(`STATUS=${"x".repeat(500)}\n`);
  });

  test("for which there is no room are sent later", async () => {
    const { notifier, sent, transport, fault } = play();
    fault.code = "EAGAIN";
    notifier.use(transport);
    notifier.ready("serves");
    for (let count = 0; count < 1000; count++) notifier.status(`${count}`);
    fault.code = "";
    await until("the messages", () => sent.length > 0);
    expect(sent).toHaveLength(64);
    expect(sent[0]).toContain("READY=1");
  });

  test("for a manager that is gone end, and that is told once", () => {
    const { notifier, sent, logged, transport, fault } = play();
    fault.code = "ECONNREFUSED";
    notifier.use(transport);
    notifier.ready("serves");
    notifier.stopping();
    expect(logged).toEqual(["cannot tell the service manager: ECONNREFUSED"]);
    fault.code = "";
    notifier.status("more");
    expect(sent).toEqual([]);
  });
});

describe("the watchdog", () => {
  const watched = { ...managed, watchdogMs: 100 };

  test("is fed as long as requests would be served", async () => {
    const { notifier, sent, transport } = play(watched);
    notifier.use(transport);
    let alive = true;
    let looks = 0;
    notifier.watch(async () => {
      looks++;
      return alive;
    });
    await until("three signs of life", () => sent.length >= 3);
    expect(new Set(sent)).toEqual(new Set(["WATCHDOG=1\n"]));
    alive = false;
    const { length } = sent;
    const seen = looks;
    await until("more looks", () => looks >= seen + 5);
    expect(sent.length).toBeLessThanOrEqual(length + 1); // One may have been on its way.
    alive = true;
    await until("life again", () => sent.length >= length + 3);
    notifier.close();
  });

  test("is not fed any more when the server ends", async () => {
    const { notifier, sent, transport } = play(watched);
    notifier.use(transport);
    const answers: ((alive: boolean) => void)[] = [];
    notifier.watch(() => new Promise((resolve) => answers.push(resolve)));
    await until("a look", () => answers.length > 0);
    notifier.stopping();
    answers[0]?.(true);
    await Promise.resolve();
    expect(sent).toEqual(["STOPPING=1\nSTATUS=stopping\n"]);
  });
});
