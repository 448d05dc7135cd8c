import type { ListenAddress } from "../../src/options/address.ts";
import { newDraft } from "../../src/settings/draft.ts";
import { finishHooks } from "../../src/settings/hooks/hook-settings.ts";
import type { Settings, SocketProtocol, SocketSetting } from "../../src/settings/settings.ts";

/** One socket as if it stood in the third line of app.ini. */
export function socket(
  protocol: SocketProtocol,
  address: ListenAddress,
  text: string,
): SocketSetting {
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

const { module: _, wsgiFile: __, callable: ___, ...untouched } = newDraft("/srv/app");
/** `bufferSize` is uWSGI's, small enough to show in the texts. */
const defaults: Settings = {
  ...untouched,
  hooks: finishHooks(untouched.hooks),
  sockets: [],
  ...{ app: undefined, engine: { kind: "threads" }, master: true, bufferSize: 4096 },
  emperor: { ...untouched.emperor, sources: [] },
};
