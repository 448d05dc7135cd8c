/** Starts the master's two children, the front and the zygote, and translates between them and events. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { lineSplitter } from "../log/lines.ts";
import type { Log, LogSource } from "../log/log.ts";
import type {
  FrontConfig,
  FrontToMaster,
  Identity,
  MasterToFront,
  MasterToZygote,
  ZygoteConfig,
  ZygoteToMaster,
} from "../messages.ts";
import { pythonProgram, withoutSite } from "../python-program.ts";
import { spawnText } from "../start-failure.ts";

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
export const frontFds = { cores: 4, counters: 5, requestLog: 6, firstListener: 7 } as const;
/** Descriptors in a zygote: 0-2 standard, then these. */
export const zygoteFds = { control: 3, counters: 4 } as const;

/** The zygote's longest word has a traceback; one of this size was not made by Python. */
const longestWordBytes = 64 * 1024 * 1024;
/** Bytes in a command line for the names that processes give themselves, beside what stands there anyway. */
const usualNameBytes = 64;

/** A worker's number in its name. */
const longestNumber = "1024";

/** A small young generation and one helper thread: measured 3.6 MB less under load, at the same rate. */
const frontFlags = ["--max-semi-space-size=2", "--v8-pool-size=1"];

/** The programs of this package; the depth below its root is the same in src and dist. */
export const ownPrograms: Programs = {
  front: fileURLToPath(new URL("../front/main.js", import.meta.url)),
  zygote: pythonProgram("__main__.py"),
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
  const { childStdio: out, requestStdio } = order.log;
  const inherited = [order.coresFd, order.countersFd, requestStdio, ...order.listenerFds];
  const named = [order.program, roomFor(order.config.name)];
  const own = [process.execPath, ...frontFlags, ...named] as const;
  const [program, ...args] = order.becoming ? becoming(order.python, order.becoming, own) : own;
  const child = spawn(program, args, {
    stdio: ["ignore", out, out, "ipc", ...inherited],
  });
  const exit = whenGone(child, listen.exited);
  // The parse boundary: the front is this package's own program.
  child.on("message", (word) => {
    if (!exit.gone) listen.said(word as FrontToMaster);
  });
  followOutput(child, order.log, ["front", "front"]);
  const streams: readonly ChildProcess["stdio"][number][] = child.stdio;
  followStream(streams[frontFds.requestLog], order.log, "requests");
  const say = (word: MasterToFront) => {
    // A front that has just died is told about by its exit.
    if (child.connected) child.send(word, () => {});
  };
  const requestLog = { fd: frontFds.requestLog, piped: requestStdio === "pipe" };
  say({ type: "configure", config: order.config, requestLog });
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
  /** Arguments of the interpreter itself. */
  readonly pythonFlags: readonly string[];
  readonly countersFd: number;
  readonly cwd: string;
  /** The application's processes read what the command reads. */
  readonly stdin: "ignore" | "inherit";
  /** Set in, or taken out of, our own environment. */
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
}

/** Starts a zygote and has it load the application. */
export function spawnZygote(order: ZygoteOrder, listen: Listen<ZygoteToMaster>): ZygoteProcess {
  const out = order.log.applicationStdio;
  const added = Object.fromEntries(order.env.map(({ name, value }) => [name, value]));
  const options: SpawnOptions = {
    stdio: [order.stdin, out, out, "pipe", order.countersFd],
    cwd: order.cwd,
    env: { ...process.env, ...added },
  };
  const { names, confinement } = order.config;
  // In another root directory site-packages is another one; see python/tsuwsgi/confine.py.
  const flags = [...order.pythonFlags, ...(confinement?.chroot == null ? [] : ["-S"])];
  const room = roomFor(names.zygote, names.worker.join(longestNumber));
  const own = [order.python, ...flags, order.program, room] as const;
  const [program, ...args] = order.becoming ? becoming(order.python, order.becoming, own) : own;
  const child = spawn(program, args, options);
  const exit = whenGone(child, listen.exited, order.cwd);
  followOutput(child, order.log, ["stdout", "stderr"]);
  const say = controlChannel(child, (word) => {
    if (!exit.gone) listen.said(word);
  });
  say({ do: "load", ...order.config });
  return { pid: child.pid, say, kill: () => void child.kill("SIGKILL") };
}

/** An argument that says nothing: a name is written over the command line, and is cut where that ends. */
function roomFor(...names: readonly string[]): string {
  return " ".repeat(Math.max(usualNameBytes, ...names.map((name) => Buffer.byteLength(name))));
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

function followOutput(
  { stdout, stderr }: ChildProcess,
  log: Log,
  [out, error]: readonly [LogSource, LogSource],
): void {
  followStream(stdout, log, out);
  followStream(stderr, log, error);
}

function followStream(
  stream: ChildProcess["stdio"][number] | undefined,
  log: Log,
  source: LogSource,
) {
  if (stream && "read" in stream) log.follow(stream, source);
}

/** Tells once that a process is gone or never was. */
function whenGone(
  child: ChildProcess,
  exited: (status: string) => void,
  directory = "/",
): { gone: boolean } {
  const state = { gone: false };
  const tell = (status: string) => {
    if (state.gone) return;
    state.gone = true;
    exited(status);
  };
  child.on("error", (error) => {
    // A process that runs has its exit; an error of it is about one signal or message.
    if (child.pid === undefined) tell(`cannot be started: ${spawnText(error, directory)}`);
  });
  child.once("exit", (code, signal) =>
    tell(signal === null ? `exit code ${code}` : `killed by ${signal}`),
  );
  return state;
}
