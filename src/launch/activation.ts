/** Sockets that whoever starts the server has opened: systemd's activation, and descriptors by number. */
import type { Settings, SocketSetting } from "../settings/settings.ts";
import { descriptorFault } from "./master/sockets/bind.ts";
import { StartFailure } from "./start-failure.ts";

/** Descriptors that are passed by the protocol of sd_listen_fds(3) begin here. */
const FIRST_FD = 3;
/** More sockets than this are a slip in a number. */
const MOST_FDS = 1024;
const VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/**
 * The settings with the sockets of systemd's activation added: as in uWSGI they come after the configured
 * ones and speak what `protocol` says. One that the configuration names as `fd://N` is not added a second
 * time. The variables are taken out of the environment, so that no child takes them for its own.
 * @throws StartFailure when there is no socket then, or a descriptor is not there
 */
export function withActivation(settings: Settings, env: NodeJS.ProcessEnv, pid: number): Settings {
  // An emperor listens on nothing.
  if (settings.emperor.sources.length > 0) return settings;
  const passed = passedSockets(settings, env, pid);
  const sockets = [...settings.sockets, ...passed];
  if (sockets.length === 0) {
    const reason = `there is no socket to listen on: LISTEN_PID=${env["LISTEN_PID"] ?? ""} is not this process, which is ${pid}`;
    throw new StartFailure(reason, undefined);
  }
  for (const { address, text, place } of sockets) {
    const fault = address.kind === "fd" ? descriptorFault(address.fd) : undefined;
    if (fault !== undefined) throw new StartFailure(`cannot bind ${text}: ${fault}`, place);
  }
  return { ...settings, sockets };
}

function passedSockets(settings: Settings, env: NodeJS.ProcessEnv, pid: number): SocketSetting[] {
  const count = Number(env["LISTEN_FDS"] ?? 0);
  if (Number(env["LISTEN_PID"]) !== pid || !(count > 0 && count <= MOST_FDS)) return [];
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  for (const name of VARIABLES) delete env[name];
  const named = new Set(
    settings.sockets.map(({ address }) => (address.kind === "fd" ? address.fd : undefined)),
  );
  const { protocol } = settings.socketOptions;
  return Array.from({ length: count }, (_, index) => index + FIRST_FD)
    .filter((fd) => !named.has(fd))
    .map((fd) => ({
      protocol,
      address: { kind: "fd", fd },
      text: `fd://${fd}`,
      place: placeOf(names[fd - FIRST_FD]),
    }));
}

/** A place in no file: the name that systemd has for the socket. */
function placeOf(name: string | undefined): SocketSetting["place"] {
  const file = name ? `(systemd: ${name})` : "(systemd)";
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
}
