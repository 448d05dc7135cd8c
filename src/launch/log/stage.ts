/** Which loggers a line goes to: filters, routes, encoders, in uWSGI's order. */
import type { EncoderSetting } from "../../settings/log-settings.ts";
import type { RoutePattern } from "../../settings/routing/route-settings.ts";
import { type Encoder, encodersFor } from "./encoders.ts";
import type { Sink } from "./sink.ts";

/** A logger, opened. */
export interface OpenLogger {
  readonly id: string | undefined;
  readonly sink: Sink;
}

/** What a stage is made of. */
export interface StageOrder {
  /** All that a route can name. */
  readonly named: readonly OpenLogger[];
  /** Those of this stage; the ones without a name get what no route took. */
  readonly loggers: readonly OpenLogger[];
  /** Gets that where there are none. */
  readonly otherwise: Sink;
  readonly encoders: readonly EncoderSetting[];
  readonly routes: readonly { readonly id: string; readonly pattern: RoutePattern }[];
  readonly drains: readonly RoutePattern[];
  readonly filters: readonly RoutePattern[];
}

interface Outlet {
  readonly sink: Sink;
  readonly encoders: readonly Encoder[];
}

/** Takes lines. */
export interface Stage {
  readonly write: (line: Buffer) => void;
  /** Lines are neither looked at nor changed, so they may come several together. */
  readonly batches: boolean;
  /** A descriptor to which others may write themselves, to the same effect. */
  readonly shared: number | undefined;
  readonly crowded: () => boolean;
}

/** Puts a stage together. */
export function makeStage(order: StageOrder): Stage {
  const outlet = ({ id, sink }: OpenLogger): Outlet => ({
    sink,
    encoders: encodersFor(order.encoders, id),
  });
  const unnamed = order.loggers.filter(({ id }) => id === undefined);
  const usual = (unnamed.length > 0 ? unnamed : [{ id: undefined, sink: order.otherwise }]).map(
    outlet,
  );
  const routes = order.routes.map(({ id, pattern }) => ({
    matches: matcher(pattern),
    outlets: order.named.filter((logger) => logger.id === id).map(outlet),
  }));
  const drains = order.drains.map(matcher);
  const filters = order.filters.map(matcher);
  const looks = routes.length + drains.length + filters.length > 0;
  const [only] = usual;
  const plain = !looks && usual.every(({ encoders }) => encoders.length === 0);
  const choose = (line: Buffer): readonly Outlet[] => {
    const text = line.toString("latin1"); // one character a byte, as the patterns expect
    if (drains.some((matches) => matches(text))) return [];
    if (filters.length > 0 && !filters.some((matches) => matches(text))) return [];
    const taken = routes.filter(({ matches }) => matches(text)).flatMap(({ outlets }) => outlets);
    return taken.length > 0 ? taken : usual;
  };
  return {
    write: (line) => {
      for (const { sink, encoders } of looks ? choose(line) : usual)
        sink.write(encoders.reduce((bytes, encode) => encode(bytes), line));
    },
    batches: plain && usual.every(({ sink }) => sink.batches),
    shared: plain && usual.length === 1 ? only?.sink.shared : undefined,
    crowded: () => usual.some(({ sink }) => sink.crowded),
  };
}

function matcher({ source, flags }: RoutePattern): (text: string) => boolean {
  const pattern = new RegExp(source, flags);
  return (text) => pattern.test(text);
}
