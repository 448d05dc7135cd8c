/** Tells a service manager how the server is: systemd's Type=notify, Type=notify-reload and WatchdogSec. */
import { writeSync } from "node:fs";
import type { Log } from "../log/log.ts";
import { errorCode, errorText } from "../start-failure.ts";
import type { Supervision } from "./environment.ts";
import { connectToManager } from "./notify-socket.ts";

/** Whether what serves requests answers; called again and again, it may take its time. */
export type IsAlive = () => Promise<boolean>;

/** Pause before a message is sent again for which the manager had no room, milliseconds. */
const againMs = 100;
/** Messages that wait for the manager; it is told no more until it has taken them. */
const mostWaiting = 64;
/** A status is shown in one line; this is plenty, characters. */
const longestStatus = 500;

/** Where messages go, so that tests can play it. */
export interface Transport {
  /** @throws the system's error; EAGAIN when there is no room */
  readonly send: (message: string) => void;
  /** Milliseconds of the monotonic clock, as systemd reads it. */
  readonly nowUs: () => bigint;
}

/** Does nothing where there is no manager. */
export class Notifier {
  readonly #supervision: Supervision;
  readonly #log: () => Pick<Log, "write">;
  readonly #waiting: string[] = [];
  #transport: Transport | undefined;
  #timer: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #wasReady = false;
  #over = false;

  /** @param log asked for when there is something to write, because it may be opened later */
  constructor(supervision: Supervision, log: () => Pick<Log, "write">) {
    this.#supervision = supervision;
    this.#log = log;
  }

  /** Connects; messages wait until then. */
  async connect(python: string): Promise<void> {
    const { socket } = this.#supervision;
    if (socket === undefined) return;
    const answer = await connectToManager(socket, python);
    if ("problem" in answer) {
      this.#giveUp(`cannot tell the service manager at NOTIFY_SOCKET=${socket}: ${answer.problem}`);
      return;
    }
    const { fd } = answer;
    const nowUs = () => process.hrtime.bigint() / 1000n;
    this.use({ send: (message) => void writeSync(fd, message), nowUs });
  }

  /** Sends by this from now on. */
  use(transport: Transport): void {
    this.#transport = transport;
    this.#flush();
  }

  /** Requests are accepted; after `reloading` the reload is over, whatever came of it. */
  ready(status: string): void {
    const pid = this.#supervision.contained || this.#wasReady ? [] : [`MAINPID=${process.pid}`];
    this.#wasReady = true;
    this.#say("READY=1", statusLine(status), ...pid);
  }

  reloading(): void {
    if (!this.#wasReady) return; // The start is not over for the manager.
    const now = this.#transport?.nowUs() ?? process.hrtime.bigint() / 1000n;
    this.#say("RELOADING=1", `MONOTONIC_USEC=${now}`, statusLine("reloading"));
  }

  stopping(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    this.#say("STOPPING=1", statusLine("stopping"));
  }

  /** One line for `systemctl status`. */
  status(text: string): void {
    this.#say(statusLine(text));
  }

  /**
   * From now on gives a sign of life twice in the time that the manager waits for one, as long as requests would
   * be served; one that comes late is given as soon as they would.
   */
  watch(isAlive: IsAlive): void {
    const limitMs = this.#supervision.watchdogMs;
    if (limitMs === undefined || this.#over) return;
    const look = async () => {
      const alive = await isAlive();
      if (this.#watchdog === undefined) return; // Stopped in the meantime.
      if (alive) this.#say("WATCHDOG=1");
      this.#watchdog = setTimeout(look, alive ? limitMs / 2 : limitMs / 10);
    };
    this.#watchdog = setTimeout(look, 0);
  }

  /** Sends nothing any more. */
  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
  }

  #say(...lines: readonly string[]): void {
    if (this.#supervision.socket === undefined || this.#over) return;
    if (this.#waiting.length < mostWaiting) this.#waiting.push(`${lines.join("\n")}\n`);
    this.#flush();
  }

  #flush(): void {
    const transport = this.#transport;
    clearTimeout(this.#timer);
    if (transport === undefined) return;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        transport.send(next);
        this.#waiting.shift();
      }
    } catch (error) {
      if (errorCode(error) === "EAGAIN") this.#timer = setTimeout(() => this.#flush(), againMs);
      else this.#giveUp(`cannot tell the service manager: ${errorText(error)}`);
    }
  }

  #giveUp(text: string): void {
    this.close();
    this.#log().write(text);
  }
}

function statusLine(text: string): string {
  const [line = ""] = text.split("\n", 1);
  return `STATUS=${line.slice(0, longestStatus)}`;
}
