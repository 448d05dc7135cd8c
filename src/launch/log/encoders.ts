/** `log-encoder`: what is done to a line before a logger gets it. As uWSGI's, after which they are named. */
import { deflateSync, gzipSync } from "node:zlib";
import type { EncoderSetting } from "../../settings/log-settings.ts";
import { strftime } from "./strftime.ts";
import { withoutEnd } from "./syslog.ts";

/** Takes a line with its end, if the one before left it. */
export type Encoder = (line: Buffer) => Buffer;

const NEWLINE = Buffer.from("\n");

/** The encoders that a logger's lines go through: those for all loggers (not the target of `logto`) and its own. */
export function encodersFor(
  settings: readonly EncoderSetting[],
  logger: string | undefined,
): Encoder[] {
  return settings
    .filter(({ id }) => id === undefined || id === logger)
    .map((setting) => makeEncoder(setting));
}

function makeEncoder({ kind, text }: EncoderSetting): Encoder {
  const bytes = Buffer.from(text);
  switch (kind) {
    case "prefix":
      return (line) => Buffer.concat([bytes, line]);
    case "suffix":
      return (line) => Buffer.concat([line, bytes]);
    case "nl":
      return (line) => Buffer.concat([line, NEWLINE]);
    case "format":
      return template(text, (value) => value);
    case "json":
      return template(text, jsonText);
    case "gzip":
      return (line) => gzipSync(line);
    case "compress":
      return (line) => deflateSync(line);
  }
}

/** `foo ${msg} bar`; an unknown variable is empty. */
function template(text: string, quote: (value: Buffer) => Buffer): Encoder {
  const pieces = text.split(/\$\{([^}]*)\}/).map((piece, index) => {
    const bytes = Buffer.from(piece);
    return index % 2 === 0 ? () => bytes : variable(piece, quote);
  });
  return (line) => Buffer.concat(pieces.map((piece) => piece(line)));
}

function variable(name: string, quote: (value: Buffer) => Buffer): Encoder {
  const now =
    (value: () => string | number): Encoder =>
    () =>
      Buffer.from(String(value()));
  switch (name) {
    case "msg":
      return (line) => quote(withoutEnd(line));
    case "msgnl":
      return quote;
    case "unix":
      return now(() => Math.floor(Date.now() / 1000));
    case "millis":
      return now(() => Date.now());
    case "micros":
      return now(() => Math.floor((performance.timeOrigin + performance.now()) * 1000));
  }
  const format = /^strftime:(.*)$/s.exec(name)?.[1];
  if (format === undefined) return () => Buffer.alloc(0);
  return () => quote(Buffer.from(strftime(format, new Date())));
}

/** What stands between the quotes of a JSON string. uWSGI lets control characters through, which JSON has not. */
function jsonText(value: Buffer): Buffer {
  return Buffer.from(JSON.stringify(value.toString("utf8")).slice(1, -1));
}
