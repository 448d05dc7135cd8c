/** Reads certificates and keys while the master still has the rights that it was started with. */
import { readdirSync, readFileSync } from "node:fs";
import type { Settings, SocketSetting } from "../../settings/settings.ts";
import { directoryIdentities } from "../../settings/tls-check.ts";
import { isPem, type TlsIdentity } from "../../settings/tls-settings.ts";
import type { Place } from "../../source.ts";
import type { FrontTls, Listener, TlsMaterial } from "../messages.ts";
import { errorText, StartFailure } from "../start-failure.ts";

/** What was read, in the form in which the front gets it. */
export interface TlsFiles {
  /** Undefined where no socket speaks TLS. */
  readonly shared: FrontTls | undefined;
  /** What a listener has beside an address and a protocol. */
  readonly ofSocket: (socket: SocketSetting) => Pick<Listener, "tls" | "redirectPort">;
}

/**
 * Reads all files that the sockets with TLS need. Whether they fit was checked before the start.
 * @throws StartFailure when one cannot be read
 */
export function readTlsFiles(settings: Settings): TlsFiles {
  const read = new Map<SocketSetting, TlsMaterial>();
  for (const socket of settings.sockets) {
    if (socket.tls) read.set(socket, materialOf(socket.tls.identity, socket.place));
  }
  return {
    shared: read.size === 0 ? undefined : sharedOf(settings),
    ofSocket: (socket) => {
      const material = read.get(socket);
      const { redirectPort, tls } = socket;
      return {
        ...(material && tls ? { tls: { material, http2: tls.http2 || settings.tls.http2 } } : {}),
        ...(redirectPort === undefined ? {} : { redirectPort }),
      };
    },
  };
}

function sharedOf({ tls, places }: Settings): FrontTls {
  const { sni, sniDir, sniDirCiphers, ...rest } = tls;
  const named = sni.map(({ name, kind, identity, place }) => ({
    name,
    kind,
    material: materialOf(identity, place),
  }));
  const place = places["tls.sniDir"];
  const listed = sniDir === undefined ? [] : filesOf(sniDir, place);
  const found = directoryIdentities(sniDir ?? "", listed, sniDirCiphers).map(
    ({ name, identity }) => ({
      name,
      kind: "name" as const,
      material: materialOf(identity, place),
    }),
  );
  // As in uWSGI: names, then regular expressions, then the directory.
  const rank = ({ kind }: { kind: string }) => (kind === "name" ? 0 : 1);
  const names = [...named.toSorted((a, b) => rank(a) - rank(b)), ...found];
  return { ...rest, names };
}

function filesOf(directory: string, place: Place | undefined): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw new StartFailure(`sni-dir: ${errorText(error)}`, place);
  }
}

function materialOf(identity: TlsIdentity, place: Place | undefined): TlsMaterial {
  const { certificate, key, ciphers, clientCa } = identity;
  const read = (source: string) => contentOf(source, place);
  return {
    certificate: read(certificate),
    key: read(key),
    ciphers,
    clientCa: clientCa && { pem: read(clientCa.source), required: clientCa.required },
  };
}

function contentOf(source: string, place: Place | undefined): string {
  if (isPem(source)) return source;
  try {
    return readFileSync(source, "latin1");
  } catch (error) {
    throw new StartFailure(`TLS: ${errorText(error)}`, place);
  }
}
