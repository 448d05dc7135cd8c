/** The public interface: read, settle, examine and describe a configuration from a program. */

export { nodeMachine } from "./commands/machine.ts";
export type { Diagnostic, Report, Severity } from "./diagnostic.ts";
export { collector, locate, sortDiagnostics } from "./diagnostic.ts";
export type { NginxOptions, NginxResult } from "./generate/nginx.ts";
export { nginx } from "./generate/nginx.ts";
export type { Examined } from "./lint/examine.ts";
export { examine } from "./lint/examine.ts";
export type { Address } from "./options/address.ts";
export { json } from "./output/json.ts";
export { pretty } from "./output/pretty.ts";
export type { Host } from "./resolve/host.ts";
export { realHost } from "./resolve/host.ts";
export { loadConfiguration, loadFile } from "./resolve/load.ts";
export type { Resolved, ResolvedEntry } from "./resolve/resolved.ts";
export type { Machine } from "./settings/machine.ts";
export { preflight } from "./settings/preflight.ts";
export { configSchema } from "./settings/schema.ts";
export type { Settings } from "./settings/settings.ts";
export type { SettleHost } from "./settings/settle.ts";
export { settle } from "./settings/settle.ts";
export type { Place, Source, Span } from "./source.ts";
export { placeOf } from "./source.ts";
