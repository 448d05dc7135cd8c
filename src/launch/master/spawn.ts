/** Starts the master's two children, the front and the zygote, and translates between them and events. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Log, lineSplitter } from "../log.ts";
import type {
  FrontConfig,
  FrontToMaster,
  Identity,
  MasterToFront,
  MasterToZygote,
  ZygoteConfig,
  ZygoteToMaster,
} from "../messages.ts";
import { pythonProgram, withoutSite } from "./python-program.ts";

/** A running front. */
export interface FrontProcess {
  readonly pid: number | undefined;
  readonly say: (word: MasterToFront) => void;
  readonly kill: () => void;
}

/** A running zygote. */
export interface ZygoteProcess {
  readonly pid: number | undefined;
  readonly say: (order: MasterToZygote) => void;
  readonly kill: () => void;
}

/** What a child tells; `exited` comes once and last. */
export interface Listen<Word> {
  readonly said: (word: Word) => void;
  /** `status` reads like `exit code 1`, `killed by SIGKILL` or why there never was a process. */
  readonly exited: (status: string) => void;
}

/** The two programs; tests put others in their place. */
export interface Programs {
  readonly front: string;
  readonly zygote: string;
}

/** Descriptors in a front: 0-2 standard, 3 IPC, then these. */
export const frontFds = { cores: 4, counters: 5, firstListener: 6 } as const;
/** Descriptors in a zygote: 0-2 standard, then these. */
export const zygoteFds = { control: 3, counters: 4 } as const;

/** The zygote's longest word has a traceback; one of this size was not made by Python. */
const longestWordBytes = 64 * 1024 * 1024;
/** Room in the zygote's command line for the titles that it and its workers give themselves. */
const titleRoom = " ".repeat(64);

/** A small young generation and one helper thread: measured 3.6 MB less under load, at the same rate. */
const frontFlags = ["--max-semi-space-size=2", "--v8-pool-size=1"];

/** The programs of this package; the depth below its root is the same in src and dist. */
export const ownPrograms: Programs = {
  front: fileURLToPath(new URL("../front/main.js", import.meta.url)),
  zygote: fileURLToPath(new URL("../../../python/tsuwsgi/__main__.py", import.meta.url)),
};

/** Whom a process of root's is to become before it is anything else, with which capabilities. */
export interface Becoming {
  readonly identity: Identity;
  readonly capabilities: readonly number[];
}

/** Everything for a front. */
export interface FrontOrder {
  readonly python: string;
  readonly becoming: Becoming | undefined;
  readonly program: string;
  readonly log: Log;
  readonly config: FrontConfig;
  readonly coresFd: number;
  readonly countersFd: number;
  readonly listenerFds: readonly number[];
}

/** Starts a front and sends it its configuration. */
export function spawnFront(order: FrontOrder, listen: Listen<FrontToMaster>): FrontProcess {
  const out = order.log.childStdio;
  const own = [process.execPath, ...frontFlags, order.program] as const;
  const [program, ...args] = order.becoming ? becoming(order.python, order.becoming, own) : own;
  const child = spawn(program, args, {
    stdio: ["ignore", out, out, "ipc", order.coresFd, order.countersFd, ...order.listenerFds],
  });
  const exit = whenGone(child, listen.exited);
  // The parse boundary: the front is this package's own program.
  child.on("message", (word) => {
    if (!exit.gone) listen.said(word as FrontToMaster);
  });
  followOutput(child, order.log);
  const say = (word: MasterToFront) => {
    // A front that has just died is told about by its exit.
    if (child.connected) child.send(word, () => {});
  };
  say({ type: "configure", config: order.config });
  return { pid: child.pid, say, kill: () => void child.kill("SIGKILL") };
}

/** A command line that gives up root first: python/tsuwsgi/become.py. */
function becoming(
  python: string,
  order: Becoming,
  command: readonly string[],
): readonly [string, ...string[]] {
  return [python, ...withoutSite, pythonProgram("become.py"), JSON.stringify(order), ...command];
}

/** Everything for a zygote. */
export interface ZygoteOrder {
  /** With a confinement of its own it becomes the user later, by itself. */
  readonly becoming: Becoming | undefined;
  readonly program: string;
  readonly log: Log;
  readonly config: ZygoteConfig;
  readonly python: string;
  readonly countersFd: number;
  readonly cwd: string;
  /** Set in, or taken out of, our own environment. */
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
}

/** Starts a zygote and has it load the application. */
export function spawnZygote(order: ZygoteOrder, listen: Listen<ZygoteToMaster>): ZygoteProcess {
  const out = order.log.applicationStdio;
  const added = Object.fromEntries(order.env.map(({ name, value }) => [name, value]));
  const options: SpawnOptions = {
    stdio: ["ignore", out, out, "pipe", order.countersFd],
    cwd: order.cwd,
    env: { ...process.env, ...added },
  };
  const { chroot = null } = order.config.confinement ?? {};
  // In another root directory site-packages is another one; see python/tsuwsgi/confine.py.
  const flags = chroot === null ? [] : ["-S"];
  const own = [order.python, ...flags, order.program, titleRoom] as const;
  const [program, ...args] = order.becoming ? becoming(order.python, order.becoming, own) : own;
  const child = spawn(program, args, options);
  const exit = whenGone(child, listen.exited);
  followOutput(child, order.log);
  const say = controlChannel(child, (word) => {
    if (!exit.gone) listen.said(word);
  });
  say({ do: "load", ...order.config });
  return { pid: child.pid, say, kill: () => void child.kill("SIGKILL") };
}

/** JSON lines over the socket pair at the child's descriptor 3. */
function controlChannel(
  child: ChildProcess,
  said: (word: ZygoteToMaster) => void,
): (order: MasterToZygote) => void {
  const channel = child.stdio[zygoteFds.control];
  if (!channel || !("write" in channel)) return () => {}; // The spawn failed; its exit tells.
  const take = (line: Buffer) => {
    const word = zygoteWord(line);
    if (word) said(word);
    // An application has written to a descriptor that is not its own: nothing there can be trusted.
    else child.kill("SIGKILL");
  };
  const { feed } = lineSplitter(take, longestWordBytes);
  channel.on("data", feed);
  channel.on("error", () => {}); // The zygote is gone; its exit tells.
  return (order) => {
    if (channel.writable) channel.write(`${JSON.stringify(order)}\n`);
  };
}

/** The parse boundary: the zygote is this package's own program, but shares its process with an application. */
function zygoteWord(line: Buffer): ZygoteToMaster | undefined {
  try {
    const word: unknown = JSON.parse(line.toString());
    const isWord = typeof word === "object" && word !== null && "is" in word;
    return isWord ? (word as ZygoteToMaster) : undefined;
  } catch {
    return undefined;
  }
}

function followOutput(child: ChildProcess, log: Log): void {
  if (child.stdout) log.follow(child.stdout);
  if (child.stderr) log.follow(child.stderr);
}

/** Tells once that a process is gone or never was. */
function whenGone(child: ChildProcess, exited: (status: string) => void): { gone: boolean } {
  const state = { gone: false };
  const tell = (status: string) => {
    if (state.gone) return;
    state.gone = true;
    exited(status);
  };
  child.on("error", (error) => {
    // A process that runs has its exit; an error of it is about one signal or message.
    if (child.pid === undefined) tell(`cannot be started: ${error.message}`);
  });
  child.once("exit", (code, signal) =>
    tell(signal === null ? `exit code ${code}` : `killed by ${signal}`),
  );
  return state;
}
