import type { Address } from "../../src/options/address.ts";
import type { Settings, SocketProtocol, SocketSetting } from "../../src/settings/settings.ts";

/** One socket as if it stood in the third line of app.ini. */
export function socket(protocol: SocketProtocol, address: Address, text: string): SocketSetting {
  const place = { file: "app.ini", line: 3, column: 1, endLine: 3, endColumn: 9 };
  return { protocol, address, text, place };
}

/** A Unix socket, or with a number a port of 127.0.0.1. */
export function socketAt(protocol: SocketProtocol, where: string | number): SocketSetting {
  if (typeof where === "string") return socket(protocol, { kind: "unix", path: where }, where);
  const address = { kind: "tcp", host: "127.0.0.1", port: where, family: 4 } as const;
  return socket(protocol, address, `127.0.0.1:${where}`);
}

/** Settings with everything at its default but what is given. */
export function settingsWith(some: Partial<Settings>): Settings {
  return { ...defaults, ...some };
}

const defaults: Settings = {
  chdir: "/srv/app",
  app: undefined,
  master: true,
  processes: 1,
  threads: 1,
  sockets: [],
  chmodSocket: undefined,
  listen: 100,
  pidfile: undefined,
  safePidfile: undefined,
  vacuum: false,
  daemonize: undefined,
  logto: undefined,
  disableLogging: false,
  noServerHeader: false,
  stats: undefined,
  virtualenv: undefined,
  pythonpath: [],
  env: [],
  uid: undefined,
  gid: undefined,
  lazyApps: false,
  needApp: false,
  harakiri: 0,
  maxRequests: 0,
  workerReloadMercy: 60,
  bufferSize: 4096,
  limitPost: 0,
  staticMaps: [],
  lenient: false,
  showConfig: false,
  places: {},
};
