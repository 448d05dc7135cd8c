/** One server of an emperor as a process: the hooks before it, its start, the channel, its end. */
import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { EmperorSettings } from "../../settings/emperor-settings.ts";
import type { Log } from "../log/log.ts";
import { runCommand, shellCommand, start } from "./command.ts";
import type { FoundFile } from "./state.ts";
import { vassalArguments, vassalEnvironment } from "./vassal-start.ts";
import { type Order, orders, type Sign, signOf } from "./words.ts";

/** What is started. */
export interface VassalOrder {
  readonly file: FoundFile;
  readonly settings: EmperorSettings;
  readonly log: Log;
}

/** What is told of it. `exited` comes once, and last. */
export interface VassalEvents {
  readonly started: (pid: number) => void;
  readonly said: (sign: Sign) => void;
  /** It closed its end of the channel. */
  readonly silent: () => void;
  readonly exited: (status: string) => void;
}

/** A server that is being started or runs. */
export interface VassalProcess {
  readonly say: (order: Order) => void;
  /** SIGKILL. */
  readonly kill: () => void;
}

/** The number that the vassal's end of the channel has there. */
const channelFd = 3;

/** Starts a server. */
export function startVassal(order: VassalOrder, events: VassalEvents): VassalProcess {
  const vassal = new Vassal(order, events);
  void vassal.run();
  return vassal;
}

class Vassal implements VassalProcess {
  readonly #order: VassalOrder;
  readonly #events: VassalEvents;
  #child: ChildProcess | undefined;
  /** It is to end although it does not run yet. */
  #cancelled = false;

  constructor(order: VassalOrder, events: VassalEvents) {
    this.#order = order;
    this.#events = events;
  }

  async run(): Promise<void> {
    const problem = await this.#prepare();
    if (problem !== undefined) this.#events.exited(problem);
    else if (this.#cancelled) this.#events.exited("stopped before it was started");
    else this.#spawn(this.#programs());
  }

  say(order: Order): void {
    if (this.#child === undefined) this.#cancelled ||= order !== "reload";
    else this.#channel(this.#child)?.write(Buffer.of(orders[order]));
  }

  kill(): void {
    this.#cancelled = true;
    this.#child?.kill("SIGKILL");
  }

  /** Runs the hooks before the start. @returns why there is no start */
  async #prepare(): Promise<string | undefined> {
    const { file, settings, log } = this.#order;
    const where = { log, cwd: file.cwd, env: vassalEnvironment(file, undefined), user: this.#user };
    if (settings.startHook !== undefined) {
      const command = [settings.startHook, file.id] as const;
      const problem = await runCommand({ ...where, command: [...command] });
      if (problem !== undefined)
        log.write(`[emperor] ${file.id}: start hook ${settings.startHook}: ${problem}`);
    }
    for (const line of [...settings.asVassal, ...settings.execAsVassal]) {
      if (this.#cancelled) return undefined;
      const problem = await runCommand({ ...where, command: shellCommand(line) });
      if (problem !== undefined) return `\`${line}\`: ${problem}`;
    }
    return undefined;
  }

  /** The owner of the file, under a tyrant. */
  get #user(): { uid: number; gid: number } | undefined {
    const { file, settings } = this.#order;
    return settings.tyrant ? { uid: file.uid, gid: file.gid } : undefined;
  }

  /** What is tried to be started, in turn. */
  #programs(): readonly (readonly [string, ...string[]])[] {
    const { wrapper, wrapperOverrides, wrapperFallbacks } = this.#order.settings;
    const own = [
      process.execPath,
      fileURLToPath(new URL("../../cli.js", import.meta.url)),
    ] as const;
    const alone = (program: string) => [program] as const;
    return [
      ...wrapperOverrides.map(alone),
      wrapper === undefined ? own : alone(wrapper),
      ...wrapperFallbacks.map(alone),
    ];
  }

  #spawn(programs: readonly (readonly [string, ...string[]])[]): void {
    const { file, settings, log } = this.#order;
    const [first, ...others] = programs;
    if (first === undefined) throw new Error("nothing is left to be started");
    const [program, ...args] = first;
    const child = start(program, [...args, ...vassalArguments(file, settings)], {
      ...{ cwd: file.cwd, ...this.#user },
      env: vassalEnvironment(file, channelFd),
      // Its own session: what the terminal sends to us, we pass on in our own way.
      detached: true,
      stdio: ["ignore", log.childStdio, log.childStdio, "pipe"],
    });
    const failed = (error: Error) => {
      if (others.length > 0 && !this.#cancelled) this.#spawn(others);
      else this.#events.exited(`cannot be started: ${error.message}`);
    };
    if (child instanceof Error) {
      failed(child);
      return;
    }
    child.on("error", (error) => {
      if (child.pid === undefined) failed(error); // One of a signal is none: its exit tells.
    });
    if (child.pid === undefined) return;
    this.#child = child;
    this.#follow(child);
    this.#events.started(child.pid);
    void this.#announce(child.pid);
  }

  #follow(child: ChildProcess): void {
    const { log } = this.#order;
    if (child.stdout) log.follow(child.stdout, "stdout");
    if (child.stderr) log.follow(child.stderr, "stderr");
    const channel = this.#channel(child);
    channel?.on("data", (bytes: Buffer) => {
      for (const byte of bytes) {
        const sign = signOf(byte);
        if (sign) this.#events.said(sign);
      }
    });
    channel?.on("error", () => {}); // It is gone; the end of the stream and its exit tell.
    channel?.once("close", () => this.#events.silent());
    child.once("exit", (code, signal) => {
      this.#events.exited(signal === null ? `exit code ${code}` : `killed by ${signal}`);
    });
  }

  #channel(child: ChildProcess): Duplex | undefined {
    // Node's types say less of an extra "pipe" than it is: a socket, open to both sides.
    const channel = child.stdio[channelFd] as Duplex | null | undefined;
    return channel?.writable ? channel : undefined;
  }

  /** Runs what is to be run when it was started; failures are told only, as in uWSGI. */
  async #announce(pid: number): Promise<void> {
    const { file, settings, log } = this.#order;
    const env = {
      UWSGI_VASSAL_CONFIG: file.id,
      UWSGI_VASSAL_PID: String(pid),
      UWSGI_VASSAL_UID: String(file.uid),
      UWSGI_VASSAL_GID: String(file.gid),
    };
    for (const line of [...settings.asEmperor, ...settings.execAsEmperor]) {
      const problem = await runCommand({ log, cwd: file.cwd, env, command: shellCommand(line) });
      if (problem !== undefined) log.write(`[emperor] ${file.id}: \`${line}\`: ${problem}`);
    }
  }
}
