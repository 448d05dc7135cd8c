/** Settings of an emperor, which starts a server for each configuration that it finds, and of its vassals. */
import { resolve } from "node:path";
import type { Address } from "../options/address.ts";
import { finishAddress } from "./socket-settings.ts";

/** Where an emperor looks for configurations. */
export interface EmperorSource {
  /** `either`: a directory if there is one at the start, else a pattern; uWSGI decides so. */
  readonly kind: "directory" | "pattern" | "either";
  /** As written, without the scheme. */
  readonly text: string;
  /** What a relative text is relative to, absolute. */
  readonly base: string;
}

/** What an emperor does. Commands are run by /bin/sh; hooks are programs that get the vassal's name. */
export interface EmperorSettings {
  /** Empty: this is no emperor. */
  readonly sources: readonly EmperorSource[];
  /** Seconds between two looks at the sources. */
  readonly frequency: number;
  /** Milliseconds that are added to the pause of a vassal with each failed start. */
  readonly throttle: number;
  /** Milliseconds from which on the pause is halved instead. */
  readonly maxThrottle: number;
  /** Failed starts are not remembered. */
  readonly noBlacklist: boolean;
  /** Seconds without a heartbeat after which a vassal that sends them is killed. */
  readonly requiredHeartbeat: number;
  /** Seconds that a vassal may take to end. */
  readonly curseTolerance: number;
  readonly pidfile: string | undefined;
  readonly procname: string | undefined;
  readonly stats: Address | undefined;
  /** A file that is a link counts with its own times and not its target's. */
  readonly nofollow: boolean;
  /** Each vassal runs as the owner of its file. */
  readonly tyrant: boolean;
  /** The owner is that of a link and not of its target. */
  readonly tyrantNofollow: boolean;
  /** Ends of names that are configurations too. */
  readonly extensions: readonly string[];
  /** Program that is started for a vassal; undefined: this one. */
  readonly wrapper: string | undefined;
  /** Programs that are tried before it, and after it. */
  readonly wrapperOverrides: readonly string[];
  readonly wrapperFallbacks: readonly string[];
  /** Options of all vassals, before and after their own. */
  readonly inheritsBefore: readonly string[];
  readonly includesBefore: readonly string[];
  readonly sets: readonly string[];
  readonly inherits: readonly string[];
  readonly includes: readonly string[];
  /** Program that is run before a vassal starts, and after it ended. */
  readonly startHook: string | undefined;
  readonly stopHook: string | undefined;
  /** Commands: when the emperor starts; before a vassal starts, as its user; after it was started. */
  readonly atStart: readonly string[];
  readonly asVassal: readonly string[];
  readonly asEmperor: readonly string[];
  readonly execAsVassal: readonly string[];
  readonly execAsEmperor: readonly string[];
}

/** What a server does that an emperor has started. */
export interface VassalSettings {
  /** Seconds between two heartbeats; 0: none. */
  readonly heartbeat: number;
  /** Commands: when the emperor orders a stop or a reload, and when it is gone. */
  readonly atStop: readonly string[];
  readonly atReload: readonly string[];
  readonly atLoss: readonly string[];
}

/** A source as its option says it. */
export interface SourceDraft {
  readonly kind: EmperorSource["kind"];
  readonly text: string;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K];
};

/** The emperor's settings while they are read. */
export interface EmperorDraft extends Omit<Mutable<EmperorSettings>, "sources"> {
  sources: SourceDraft[];
}

export type VassalDraft = Mutable<VassalSettings>;

/** uWSGI's defaults. */
export function noEmperor(): EmperorDraft {
  return {
    ...{ sources: [], frequency: 3, throttle: 1000, maxThrottle: 180_000, noBlacklist: false },
    ...{ requiredHeartbeat: 30, curseTolerance: 30 },
    ...{ pidfile: undefined, procname: undefined, stats: undefined },
    ...{ nofollow: false, tyrant: false, tyrantNofollow: false, extensions: [] },
    ...{ wrapper: undefined, wrapperOverrides: [], wrapperFallbacks: [] },
    ...{ inheritsBefore: [], includesBefore: [], sets: [], inherits: [], includes: [] },
    ...{ startHook: undefined, stopHook: undefined, atStart: [], asVassal: [], asEmperor: [] },
    ...{ execAsVassal: [], execAsEmperor: [] },
  };
}

/** A server that runs commands for nobody. */
export function noVassal(): VassalDraft {
  return { heartbeat: 0, atStop: [], atReload: [], atLoss: [] };
}

/**
 * The emperor's settings with absolute paths. As in uWSGI patterns are relative to where it was started,
 * and everything else to `chdir`.
 */
export function finishEmperor(
  draft: EmperorDraft,
  chdir: string,
  startDirectory: string,
  abstract: boolean,
): EmperorSettings {
  const inChdir = (path: string) => resolve(chdir, path);
  return {
    ...draft,
    sources: draft.sources.map(({ kind, text }) => ({
      kind,
      text,
      base: kind === "pattern" || isPattern(text) ? startDirectory : chdir,
    })),
    pidfile: draft.pidfile === undefined ? undefined : inChdir(draft.pidfile),
    stats: draft.stats && finishAddress(draft.stats, abstract, inChdir),
  };
}

/** Whether a text has what glob(3) takes for more than a character. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

const endings = [".xml", ".ini", ".yml", ".yaml", ".js", ".json"];

/** uWSGI's longest name of a vassal, bytes. */
const longestName = 254;

/** Whether a file of that name is a configuration, as uWSGI's emperor sees it. */
export function isVassalName(name: string, extensions: readonly string[]): boolean {
  if (Buffer.byteLength(name) > longestName) return false;
  return [...endings, ...extensions].some((ending) => name.endsWith(ending));
}
