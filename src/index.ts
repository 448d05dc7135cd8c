/** The public interface: read, resolve, judge, show and convert configurations from a program; docs/library.md. */

export { nodeMachine } from "./commands/machine.ts";
export type { Diagnostic, Severity } from "./diagnostic.ts";
export { includeChain, locate } from "./diagnostic.ts";
export type { GenerateProblem, NginxOptions, NginxResult } from "./generate/nginx.ts";
export { nginx } from "./generate/nginx.ts";
export type { ShowFormat, ShowOptions } from "./generate/show/show.ts";
export { show } from "./generate/show/show.ts";
export type { ConfigInput, Findings, ReadOptions } from "./library.ts";
export { convert, lint, readConfig, resolve, settle } from "./library.ts";
export type { Address } from "./options/address.ts";
export { json } from "./output/json.ts";
export { pretty } from "./output/pretty.ts";
export type { Entry } from "./read/entry.ts";
export type { Format } from "./read/read.ts";
export { formatOf } from "./read/read.ts";
export type { Host, HostUser } from "./resolve/host.ts";
export { realHost } from "./resolve/host.ts";
export type { MemoryWorld } from "./resolve/memory-host.ts";
export { memoryHost } from "./resolve/memory-host.ts";
export type { Resolved, ResolvedEntry } from "./resolve/resolved.ts";
export type { Machine } from "./settings/machine.ts";
export { configSchema } from "./settings/schema.ts";
export type { Settings } from "./settings/settings.ts";
export type { SettleHost } from "./settings/settle.ts";
export type { Place, Source, Span } from "./source.ts";
export { placeOf } from "./source.ts";
