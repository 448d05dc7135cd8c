/** Faults that show only when the options about engines are looked at together. */
import type { Report, Severity } from "../diagnostic.ts";
import type { Resolved } from "../resolve/resolved.ts";
import type { Place } from "../source.ts";
import type { Draft } from "./draft.ts";
import type { EngineOptions, GreenletEngine } from "./engine.ts";
import { spanAt } from "./span-at.ts";

const engines: readonly GreenletEngine[] = ["gevent", "eventlet", "asyncio"];

/** Options that need an engine, and how bad it is without: uWSGI patches early whatever runs the requests. */
const dependent: readonly {
  readonly field: keyof EngineOptions;
  readonly option: string;
  readonly engine: "gevent" | "eventlet";
  readonly severity: Severity;
}[] = [
  ...(["gevent", "eventlet"] as const).flatMap(
    (engine) =>
      [
        {
          field: `${engine}EarlyMonkeyPatch`,
          option: `${engine}-early-monkey-patch`,
          engine,
          severity: "error",
        },
        {
          field: `${engine}MonkeyPatch`,
          option: `${engine}-monkey-patch`,
          engine,
          severity: "warning",
        },
      ] as const,
  ),
  {
    field: "geventWaitForHub",
    option: "gevent-wait-for-hub",
    engine: "gevent",
    severity: "warning",
  },
];

/** Reports engines that exclude each other or threads, and options that do nothing for want of an engine. */
export function checkEngines(draft: Draft, resolved: Resolved, report: Report): void {
  const { engine, places } = draft;
  const say = (
    rule: string,
    severity: Severity,
    place: Place | undefined,
    message: string,
    help: string,
  ) => report({ rule, severity, message, span: spanAt(resolved, place), help });
  const [first, ...others] = engines.filter((name) => engine[name] > 0);
  for (const other of others) {
    say(
      "two-engines",
      "error",
      places[`engine.${other}`],
      `\`${other}\` and \`${first}\` cannot both run the requests of a worker`,
      "leave one of them out",
    );
  }
  if (first !== undefined && draft.threads > 1) {
    say(
      "engine-threads",
      "error",
      places["threads"],
      `\`threads = ${draft.threads}\` and \`${first}\` cannot both run the requests of a worker`,
      `leave \`threads\` out: \`${first} = ${engine[first]}\` says how many run at the same time`,
    );
  }
  for (const { field, option, engine: name, severity } of dependent) {
    if (engine[field] !== true || engine[name] > 0) continue;
    say(
      "no-engine",
      severity,
      places[`engine.${field}`],
      `\`${option}\` does nothing without \`${name}\``,
      `add \`${name} = 100\`, say, for 100 requests at the same time in a worker`,
    );
  }
}
