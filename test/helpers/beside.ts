/** One configuration, run by tsuwsgi and by the real uWSGI. */
import { existsSync } from "node:fs";
import { freePort } from "./ports.ts";
import { launch } from "./process.ts";
import { startServer, untilReady } from "./server.ts";
import { temporaryDirectory } from "./tmp.ts";

/** The ports of one server. */
export interface Ports {
  readonly http: number;
  readonly uwsgi: number;
}

/** Two servers that are to behave the same. */
export interface Pair {
  readonly ours: Ports;
  readonly theirs: Ports;
  /** Ends both. */
  readonly end: () => Promise<void>;
}

/** Plugins of uWSGI that tests may need, those that are installed. */
const plugins = ["python3", "http", "redirect", "rewrite", "static", "basicauth", "http", "uwsgi"]
  .map((name, index) => (index < 2 ? name : `router_${name}`))
  .filter((name) => existsSync(`/usr/lib/uwsgi/plugins/${name}_plugin.so`));

/**
 * Starts both in a directory with these files, each with a socket for HTTP and one for uwsgi.
 * @param lines of the `[uwsgi]` section, without a socket
 */
export async function startBoth(
  files: { readonly [path: string]: string },
  lines: readonly string[],
): Promise<Pair> {
  const cwd = temporaryDirectory({ ...files, "app.ini": `[uwsgi]\n${lines.join("\n")}\n` });
  const ours = { http: await freePort(), uwsgi: await freePort() };
  const theirs = { http: await freePort(), uwsgi: await freePort() };
  const args = ({ http, uwsgi }: Ports) => [
    ...["--http-socket", `127.0.0.1:${http}`, "--uwsgi-socket", `127.0.0.1:${uwsgi}`],
    ...["--ini", "app.ini"],
  ];
  const loads = plugins.flatMap((name) => ["--plugin", name]);
  const peer = launch("uwsgi", [...loads, ...args(theirs)], { cwd });
  const [server] = await Promise.all([
    startServer(args(ours), { accepts: ours.uwsgi }, { cwd }),
    untilReady(peer, { accepts: theirs.uwsgi }),
  ]);
  const end = async () => {
    await Promise.all([server.kill(), peer.kill()]);
  };
  return { ours, theirs, end };
}
