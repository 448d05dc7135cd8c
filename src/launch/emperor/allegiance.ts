/** The vassal's side: what a server says to the emperor that started it, and how it obeys. */
import { Socket } from "node:net";
import type { Settings } from "../../settings/settings.ts";
import type { Log } from "../log/log.ts";
import { descriptorFault } from "../master/sockets/bind.ts";
import { runCommand, shellCommand } from "./command.ts";
import { channelVariable, vassalVariable } from "./vassal-start.ts";
import { type Order, orderOf, type Sign, signs } from "./words.ts";

/** What a vassal does when it is told to, and how it knows that it lives. */
export interface Obedience {
  readonly command: (order: Order) => void;
  /** Whether the server can still do something. */
  readonly alive: () => boolean | Promise<boolean>;
}

/** The bond to an emperor, tsuwsgi's or uWSGI's. */
export interface Allegiance {
  /** Requests are accepted. */
  readonly ready: () => void;
  /** A reload is over. */
  readonly reloaded: () => void;
  /** From now on orders are followed; those that came before, too. */
  readonly obey: (obedience: Obedience) => void;
}

type Environment = { readonly [name: string]: string | undefined };

/**
 * Binds this process to the emperor that started it.
 * @returns undefined when none did
 */
export function swear(settings: Settings, env: Environment, log: Log): Allegiance | undefined {
  const fd = channelOf(env);
  if (fd === undefined) return undefined;
  const fault = descriptorFault(fd);
  if (fault === undefined) return new Bond(new Socket({ fd }), settings, log);
  log.write(`${channelVariable} = ${fd}: ${fault}; going on without an emperor`);
  return undefined;
}

/**
 * What is different for a server that an emperor started: as in uWSGI it does not go into the background,
 * and has a master.
 */
export function asVassal(settings: Settings, env: Environment): Settings {
  if (channelOf(env) === undefined) return settings;
  const { daemonize, logto } = settings;
  return { ...settings, master: true, daemonize: undefined, logto: logto ?? daemonize };
}

/** The name of a process that an emperor started, for its title; undefined for any other. */
export function vassalName(env: Environment): string | undefined {
  return channelOf(env) === undefined ? undefined : env[vassalVariable];
}

function channelOf(env: Environment): number | undefined {
  const text = env[channelVariable] ?? "";
  return /^\d{1,7}$/.test(text) ? Number(text) : undefined;
}

class Bond implements Allegiance {
  readonly #socket: Socket;
  readonly #settings: Settings;
  readonly #log: Log;
  #obedience: Obedience | undefined;
  readonly #early: (Order | "lost")[] = [];
  /** An end was ordered: what the emperor does afterwards is of no interest. */
  #dismissed = false;

  constructor(socket: Socket, settings: Settings, log: Log) {
    this.#socket = socket;
    this.#settings = settings;
    this.#log = log;
    socket.on("data", (bytes) => {
      for (const byte of bytes) {
        const order = orderOf(byte);
        if (order) void this.#take(order);
      }
    });
    socket.on("error", () => {}); // Its close tells.
    socket.once("close", () => void this.#take("lost"));
    socket.unref(); // It must not keep a server that has ended from going.
  }

  ready(): void {
    this.#say("ready", "accepting", "loyal");
    const everyMs = this.#settings.vassal.heartbeat * 1000;
    if (everyMs > 0) setInterval(() => void this.#beat(), everyMs).unref();
  }

  reloaded(): void {
    this.#say("ready", "accepting");
  }

  obey(obedience: Obedience): void {
    this.#obedience = obedience;
    for (const order of this.#early.splice(0)) void this.#take(order);
  }

  async #beat(): Promise<void> {
    if (await this.#obedience?.alive()) this.#say("heartbeat");
  }

  #say(...words: readonly Sign[]): void {
    if (this.#socket.writable) this.#socket.write(Buffer.from(words.map((word) => signs[word])));
  }

  async #take(order: Order | "lost"): Promise<void> {
    if (!this.#obedience) {
      this.#early.push(order);
      return;
    }
    const { command } = this.#obedience;
    const { atStop, atReload, atLoss } = this.#settings.vassal;
    if (order === "lost") {
      if (this.#dismissed) return;
      this.#log.write("the emperor is gone: stopping");
      await this.#run("lost", atLoss);
      command("stop");
      return;
    }
    if (order === "reload") await this.#run("reload", atReload);
    else {
      this.#dismissed = true;
      await this.#run("stop", atStop);
    }
    command(order);
  }

  async #run(event: string, lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const problem = await runCommand({ command: shellCommand(line), log: this.#log });
      if (problem !== undefined) this.#log.write(`hook-emperor-${event}: \`${line}\`: ${problem}`);
    }
  }
}
