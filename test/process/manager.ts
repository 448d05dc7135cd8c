/** Plays the part of systemd that hears sd_notify(3): a Unix datagram socket that sees who has sent. */
import { launch, type Program } from "../helpers/process.ts";
import { until } from "../helpers/until.ts";

/** What was heard. */
export interface Note {
  readonly pid: number;
  readonly lines: readonly string[];
}

/** A service manager that listens. */
export interface Manager {
  readonly notes: () => Note[];
  /** Waits until a line was heard so many times, and gives the last note that has it. */
  readonly heard: (line: string, times?: number) => Promise<Note>;
  readonly program: Program;
}

const script = `
import json, os, socket, struct, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
manager.bind("\\0" + name[1:] if name[0] == "@" else name)
manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
print("listens", flush=True)
while True:
    data, control, _, _ = manager.recvmsg(65536, 1024)
    pid = struct.unpack("iii", control[0][2])[0]
    print(json.dumps({"pid": pid, "lines": data.decode().rstrip("\\n").split("\\n")}), flush=True)
`;

/** Starts to listen. @param name a path, or `@` and an abstract name */
export async function manage(name: string): Promise<Manager> {
  const program = launch("/usr/bin/python3", ["-c", script, name]);
  await until("the manager to listen", () => program.stdout().startsWith("listens\n"));
  const notes = () =>
    program
      .stdout()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line): Note => JSON.parse(line));
  const heard = (line: string, times = 1) =>
    until(`${line}; heard: ${program.stdout()}`, () => {
      const having = notes().filter(({ lines }) => lines.includes(line));
      return having.length >= times && having.at(-1);
    });
  return { notes, heard, program };
}
