/** What a running server is told by its FIFO, by touched files and by what else is watched. */
import { type ChildProcess, spawn } from "node:child_process";
import type { TouchAction } from "../../settings/control-settings.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Log } from "../log/log.ts";
import { errorText, spawnText } from "../start-failure.ts";
import { statsLines } from "../stats-log.ts";
import { workerFacts } from "../stats-server.ts";
import type { Master } from "./master.ts";
import type { Fifos } from "./orders/fifo.ts";
import { residentBytes } from "./orders/process-facts.ts";
import { TouchHooks } from "./orders/touch-hooks.ts";
import { Watch } from "./orders/watch.ts";
import { giveUpEvent, type PhaseContext } from "./programs/phase.ts";
import { pidfilesOf, writePidfile } from "./sockets/pidfile.ts";

/** Commands of touched files that may run at a time. */
const mostCommands = 32;

/** What a control works on. */
export interface ControlParts {
  readonly master: Master;
  readonly log: Log;
  /** Made before root was given up; undefined where none is configured. */
  readonly fifos: Fifos | undefined;
  /** For the actions of `hook-touch`. */
  readonly phases: PhaseContext;
}

/** The ears of a running server. */
export interface Control {
  /** Another configuration may be in use. */
  readonly follow: () => void;
  readonly close: () => void;
}

/** Begins to listen to everything that can tell the master what to do, signals apart. */
export function startControl({ master, log, fifos, phases }: ControlParts): Control {
  const settings = () => master.configuration().settings;
  const run = commandRunner(log);
  const hooks = new TouchHooks(phases, (end) => master.notify(giveUpEvent(end)));
  fifos?.listen({
    log,
    obey: (order, by) => {
      if (order.do === "pidfiles") writePidfiles(settings(), log, by);
      else master.notify({ type: "command", name: order.name, by });
    },
  });
  const watch = new Watch({
    log,
    touched: (touched) => {
      for (const { path, action } of eachOnce(touched))
        if (action.do === "exec") run(action.command, settings(), path);
        else if (action.do === "hook") void hooks.run(action.step);
        else master.notify({ type: "command", name: action.do, by: `${path} was touched` });
    },
    fsChanged: (path, brutal) => {
      const name = brutal ? "brutal-reload" : "reload";
      master.notify({ type: "command", name, by: `${path} has changed` });
    },
    lost: (reason) => master.notify({ type: "lost", reason }),
  });
  watch.follow(settings().control);
  const follow = () => {
    watch.follow(settings().control);
    fifos?.renew();
  };
  return { follow, close: () => watch.close() };
}

/** Writes the statistics to the log. */
export async function logStats(master: Master, log: Log): Promise<void> {
  const front = await master.frontStats();
  const workers = workerFacts(master).map((facts) => ({
    ...facts,
    resident: facts.pid === 0 ? 0 : residentBytes(facts.pid),
  }));
  for (const line of statsLines(workers, front)) log.write(line);
}

function writePidfiles(settings: Settings, log: Log, by: string): void {
  for (const { path, place } of pidfilesOf(settings))
    try {
      writePidfile(path, place);
      log.write(`${by}: wrote ${path}`);
    } catch (error) {
      log.write(errorText(error));
    }
}

/** Several touched files that mean one command are one command. */
function eachOnce<T extends { readonly action: TouchAction }>(touched: readonly T[]): readonly T[] {
  const byText = new Map<string, T>();
  for (const one of touched) {
    const text = JSON.stringify(one.action);
    if (!byText.has(text)) byText.set(text, one);
  }
  return [...byText.values()];
}

/** Runs commands of `touch-exec` and does not wait for them; they outlive the server, as in uWSGI. */
function commandRunner(log: Log): (command: string, settings: Settings, path: string) => void {
  let running = 0;
  return (command, { chdir, env }, path) => {
    if (running >= mostCommands) {
      log.write(`${path} was touched: ${mostCommands} commands are running, ${command} is not run`);
      return;
    }
    log.write(`${path} was touched: running ${command}`);
    const added = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const child: ChildProcess = spawn("/bin/sh", ["-c", command], {
      cwd: chdir,
      env: { ...process.env, ...added },
      stdio: ["ignore", log.applicationStdio, log.applicationStdio],
    });
    running++;
    child.unref();
    if (child.stdout) log.follow(child.stdout, "stdout");
    if (child.stderr) log.follow(child.stderr, "stderr");
    child.once("error", (error) => log.write(`${command}: ${spawnText(error, chdir)}`));
    child.once("close", (code, signal) => {
      running--;
      if (child.pid !== undefined && code !== 0)
        log.write(`${command} ended: ${signal ?? `exit code ${code}`}`);
    });
  };
}
