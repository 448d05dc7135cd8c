/** Faults of the listening sockets among each other. */

import type { Report, Severity } from "../diagnostic.ts";
import { formatAddress, type ListenAddress } from "../options/address.ts";
import type { Resolved } from "../resolve/resolved.ts";
import type { Place } from "../source.ts";
import type { Draft } from "./draft.ts";
import type { Say } from "./say.ts";
import { finishSockets, type SharedSocket, type SocketDraft } from "./socket-settings.ts";
import { spanAt } from "./span-at.ts";

/** Reports addresses that are used twice, and shared sockets that nobody serves or that there are not. */
export function checkSockets(
  draft: Draft,
  resolved: Resolved,
  lenient: boolean,
  report: Report,
): void {
  const say: Say = (rule, severity, place, message, help) =>
    report({ rule, severity, message, span: spanAt(resolved, place), help });
  checkReferences(draft, say);
  checkUnused(draft, lenient ? "warning" : "error", say);
  checkRepeated(draft, say);
}

/** The shared sockets that options name, with the option that does. */
function references(draft: Draft): { readonly index: number; readonly socket: SocketDraft }[] {
  return draft.sockets.flatMap((socket) =>
    socket.address.kind === "shared" ? [{ index: socket.address.index, socket }] : [],
  );
}

function checkReferences(draft: Draft, say: Say): void {
  const { shared } = draft.socketOptions;
  const served = new Map<number, Place>();
  for (const { index, socket } of references(draft)) {
    const { text, place } = socket;
    const first = served.get(index);
    if (shared[index] === undefined) {
      const help = `the lines with \`shared-socket\` count from 0, and there ${shared.length === 1 ? "is 1" : `are ${shared.length}`}`;
      say("no-shared-socket", "error", place, `there is no shared socket \`${text}\``, help);
    } else if (first) {
      repeated(say, text, place, first);
    }
    served.set(index, first ?? place);
  }
}

function checkUnused(draft: Draft, severity: Severity, say: Say): void {
  const named = new Set(references(draft).map(({ index }) => index));
  draft.socketOptions.shared.forEach(({ place }, index) => {
    if (named.has(index)) return;
    const help = `add an option that does, such as \`http-socket = =${index}\`, or take the line out`;
    say("unused-shared-socket", severity, place, `nothing serves shared socket ${index}`, help);
  });
}

function checkRepeated(draft: Draft, say: Say): void {
  const plain = draft.sockets.filter(({ address }) => address.kind !== "shared");
  const own = finishSockets(plain, draft.socketOptions, (path) => path);
  const { reusePort, shared } = draft.socketOptions;
  const seen: SharedSocket[] = [];
  for (const socket of [...shared, ...own, ...statsSocket(draft)]) {
    const first = seen.find(({ address }) => overlap(address, socket.address, reusePort));
    if (first) repeated(say, socket.text, socket.place, first.place);
    else seen.push(socket);
  }
}

/**
 * Whether only one of two addresses can be listened on. A wildcard has all addresses of its family, and that
 * of IPv6 those of IPv4 as well. Whoever asks for port 0 gets one that nobody has.
 */
function overlap(a: ListenAddress, b: ListenAddress, reusePort: boolean): boolean {
  if (a.kind !== "tcp" || b.kind !== "tcp") return JSON.stringify(a) === JSON.stringify(b);
  if (a.port !== b.port || a.port === 0) return false;
  if (a.host === b.host && a.family === b.family) return true;
  if (reusePort) return false;
  const takes = (one: typeof a, other: typeof a) =>
    one.host === "::" || (one.host === "0.0.0.0" && other.family === 4);
  return takes(a, b) || takes(b, a);
}

function repeated(say: Say, text: string, place: Place, first: Place): void {
  say(
    "repeated-socket",
    "error",
    place,
    `\`${text}\` is already listened on, by ${first.file}:${first.line}:${first.column}`,
    "one address can have one socket: take one of the lines out",
  );
}

function statsSocket({ stats, places }: Draft): SharedSocket[] {
  const place = places["stats"];
  return stats && place ? [{ address: stats, text: formatAddress(stats), place }] : [];
}
