/** Files that are served without the application: `static-map`, `check-static` and their like. */
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { StaticSettings } from "../../settings/static-settings.ts";
import { readEnviron } from "../protocol/environ-map.ts";
import { Flag } from "../protocol/frame.ts";
import { acceptsCoding } from "./accept-encoding.ts";
import { precondition, rangeAllowed, type Variables } from "./conditional.ts";
import { sendFile } from "./file-answer.ts";
import { FileStore, type FoundFile, openFound, readPart, SMALL_BYTES } from "./file-store.ts";
import type { Arrival } from "./intake.ts";
import type { MimeTypes } from "./mime.ts";
import { type ByteRange, contentRange, parseRange } from "./range.ts";
import { type FileFields, fileHead, multipart } from "./static-head.ts";
import { bytes, type Candidate, StaticRoots } from "./static-roots.ts";
import { readable, StaticRules } from "./static-rules.ts";

const NOTHING = Buffer.alloc(0);
/** Several parts are put together in memory; beyond this the whole file is sent instead. */
const MULTIPART_BYTES = 1024 * 1024;
/** The codings that a compressed file may have, in the order in which they are tried, as in uWSGI. */
const CODINGS = [
  { coding: "br", end: ".br" },
  { coding: "gzip", end: ".gz" },
] as const;
/** How often a file is looked for anew when it changes between being found and being opened. */
const ATTEMPTS = 3;

/** A file as one client gets it. */
interface Choice {
  readonly file: FoundFile;
  readonly coding: string | undefined;
  readonly varies: boolean;
}

/** Answers requests with files. */
export class StaticFiles {
  readonly #settings: StaticSettings;
  readonly #roots: StaticRoots;
  readonly #rules: StaticRules;
  readonly #store: FileStore;
  readonly #types: MimeTypes;
  readonly #skipEnds: readonly string[];
  readonly #index: readonly string[];

  constructor(settings: StaticSettings, types: MimeTypes) {
    this.#settings = settings;
    this.#types = types;
    this.#roots = new StaticRoots(settings);
    this.#rules = new StaticRules(settings);
    this.#store = new FileStore(settings.safe);
    this.#skipEnds = settings.skipEnds.map(bytes);
    this.#index = settings.index.map(bytes);
  }

  /**
   * Answers a request with a file, if it means one. The caller holds the exchange until it knows.
   * @returns undefined when no file can be meant; else whether it was answered (or its client has gone)
   * @throws (rejects) when there is a file and it cannot be read; part of an answer may be out
   */
  serve(arrival: Arrival): Promise<boolean> | undefined {
    const { method, path, exchange } = arrival;
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (this.#skipEnds.some((end) => path.endsWith(end))) return undefined;
    const docroot = this.#settings.docroot
      ? readEnviron(exchange.frame).get("DOCUMENT_ROOT")
      : undefined;
    const candidates = this.#roots.candidates(path, docroot);
    return candidates.length === 0 ? undefined : this.#serve(candidates, arrival);
  }

  async #serve(candidates: readonly Candidate[], arrival: Arrival): Promise<boolean> {
    for (const candidate of candidates) {
      for (let attempt = 1; ; attempt++) {
        const served = await this.#try(candidate, arrival);
        if (served === true) return true;
        if (served === false) break;
        if (attempt === ATTEMPTS) throw new Error("the file changes all the time");
      }
    }
    return false;
  }

  /** @returns undefined when the file changed meanwhile */
  async #try(candidate: Candidate, arrival: Arrival): Promise<boolean | undefined> {
    let file = await this.#store.find(candidate);
    let { path } = arrival;
    if (file === "directory") {
      for (const name of this.#index) {
        file = await this.#store.find({ ...candidate, path: `${candidate.path}/${name}` });
        path = `${arrival.path}${arrival.path.endsWith("/") ? "" : "/"}${name}`;
        if (typeof file === "object") break;
      }
    }
    if (typeof file !== "object") return false;
    const found = file.path;
    if (this.#skipEnds.some((end) => found.endsWith(end))) return false;
    return this.#answer(file, path, arrival);
  }

  async #answer(
    found: FoundFile,
    pathInfo: string,
    arrival: Arrival,
  ): Promise<boolean | undefined> {
    const { exchange, method } = arrival;
    const vars = readEnviron(exchange.frame);
    const choice = this.#rules.compresses ? await this.#choose(found, vars) : plain(found);
    const { file } = choice;
    const fields = this.#fields(choice, found.path, pathInfo, vars);
    if (this.#settings.serveMode !== "bytes") {
      return exchange.abandoned || redirect(arrival, fields, file.path, this.#settings.serveMode);
    }
    const condition = precondition(vars, file);
    const ranges =
      condition === 200 && method === "GET" && fields.ranges ? wantedRanges(vars, file) : undefined;
    const bodiless = condition !== 200 || method === "HEAD" || ranges?.length === 0;
    // Opened before anything is said: what may not be read is the application's.
    const needed = !bodiless && file.content === undefined;
    const handle = needed ? await openFound(file) : undefined;
    if (handle === "changed") return undefined;
    if (needed && handle === undefined) return false;
    try {
      if (exchange.abandoned) return true;
      if (condition !== 200) refuse(arrival, fields, condition, "");
      else if (ranges?.length === 0) {
        refuse(arrival, fields, 416, `Content-Range: bytes */${file.size}\r\n`);
      } else await send({ arrival, file, fields, handle, bodiless }, ranges);
      return true;
    } finally {
      handle?.close().catch(() => {}); // it was only read
    }
  }

  /** The file itself, or a compressed one beside it. */
  async #choose(file: FoundFile, vars: Variables): Promise<Choice> {
    if (!this.#rules.compressed(readable(file.path))) return plain(file);
    const accepted = vars.get("HTTP_ACCEPT_ENCODING");
    for (const { coding, end } of CODINGS) {
      if (!acceptsCoding(accepted, coding)) continue;
      const other = await this.#store.find({ root: file.root, path: file.path + end });
      if (typeof other === "object") return { file: other, coding, varies: true };
    }
    return { file, coding: undefined, varies: true };
  }

  /** @param path of the file itself, even where a compressed one is sent */
  #fields(
    { file, coding, varies }: Choice,
    path: string,
    pathInfo: string,
    vars: Variables,
  ): FileFields {
    const type = this.#types.of(path);
    const expiry = this.#rules.expires
      ? this.#rules.expiry(
          {
            file: readable(path),
            "path-info": readable(pathInfo),
            uri: vars.get("REQUEST_URI") ?? "",
            type: type ?? "",
          },
          file.modifiedMs,
          Date.now(),
        )
      : undefined;
    return {
      ...{ type, coding, varies, etag: file.etag, lastModified: file.lastModified },
      ranges: this.#settings.honourRange,
      expires: expiry === undefined ? undefined : new Date(expiry).toUTCString(),
    };
  }
}

function plain(file: FoundFile): Choice {
  return { file, coding: undefined, varies: false };
}

function wantedRanges(vars: Variables, file: FoundFile): readonly ByteRange[] | undefined {
  const range = vars.get("HTTP_RANGE");
  if (range === undefined || !rangeAllowed(vars, file)) return undefined;
  return parseRange(range, file.size);
}

/** Lets the web server in front send the file. */
function redirect(
  { exchange }: Arrival,
  fields: FileFields,
  path: string,
  mode: "x-sendfile" | "x-accel-redirect",
): true {
  const name = mode === "x-sendfile" ? "X-Sendfile" : "X-Accel-Redirect";
  // Encoded, as web servers decode it; uWSGI would put a line break in a file's name into the head.
  const encoded = path.replace(/[^!$&'()*+,\-./\w:;=@~]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`;
  });
  exchange.claim();
  exchange.waiting.answer(200, 0, fileHead(200, fields, `${name}: ${encoded}\r\n`), NOTHING, true);
  return true;
}

/** An answer without a body. */
function refuse(
  { exchange }: Arrival,
  fields: FileFields,
  status: 304 | 412 | 416,
  more: string,
): void {
  const length = status === 304 ? "" : "Content-Length: 0\r\n";
  exchange.claim();
  const head = fileHead(status, fields, more + length);
  exchange.waiting.answer(status, Flag.length, head, NOTHING, true);
}

/** What is to be sent. */
interface Sending {
  readonly arrival: Arrival;
  readonly file: FoundFile;
  readonly fields: FileFields;
  /** Open, unless the content is there or not wanted. */
  readonly handle: FileHandle | undefined;
  readonly bodiless: boolean;
}

/** @param ranges undefined for the whole file */
async function send(sending: Sending, ranges: readonly ByteRange[] | undefined): Promise<void> {
  const { file, fields } = sending;
  const [first, second] = ranges ?? [];
  if (first === undefined) {
    const head = fileHead(200, fields, `Content-Length: ${file.size}\r\n`);
    await sendPart(sending, 200, head, { start: 0, end: file.size });
  } else if (second === undefined) {
    const length = `Content-Length: ${first.end - first.start}\r\n`;
    const range = `Content-Range: ${contentRange(first, file.size)}\r\n`;
    await sendPart(sending, 206, fileHead(206, fields, length + range), first);
  } else await sendSeveral(sending, ranges ?? []);
}

async function sendPart(
  { arrival, file, handle, bodiless }: Sending,
  status: number,
  head: Buffer,
  { start, end }: ByteRange,
): Promise<void> {
  const { exchange, sink } = arrival;
  const { waiting } = exchange;
  if (handle === undefined || bodiless) {
    const body = bodiless ? NOTHING : (file.content ?? NOTHING).subarray(start, end);
    exchange.claim();
    waiting.answer(status, Flag.length, head, body, true);
    return;
  }
  const size = Math.min(SMALL_BYTES, end - start);
  const part = await readPart(handle, start, size);
  if (exchange.abandoned) return;
  exchange.claim();
  const complete = start + size === end;
  waiting.answer(status, Flag.length, head, part, complete);
  if (complete) return;
  await sink.idle();
  await sendFile(handle, start + size, end - start - size, sink, waiting);
}

async function sendSeveral(sending: Sending, ranges: readonly ByteRange[]): Promise<void> {
  const { arrival, file, fields, handle } = sending;
  const { exchange } = arrival;
  const boundary = randomBytes(12).toString("hex");
  const { type, length, heads, end } = multipart(ranges, file.size, fields.type, boundary);
  if (length > MULTIPART_BYTES) {
    await send(sending, undefined);
    return;
  }
  const parts: Buffer[] = [];
  for (const [index, range] of ranges.entries()) {
    parts.push(Buffer.from(heads[index] ?? "", "latin1"));
    parts.push(
      handle === undefined
        ? (file.content ?? NOTHING).subarray(range.start, range.end)
        : await readPart(handle, range.start, range.end - range.start),
    );
  }
  parts.push(Buffer.from(end));
  if (exchange.abandoned) return;
  const head = fileHead(206, fields, `Content-Type: ${type}\r\nContent-Length: ${length}\r\n`);
  exchange.claim();
  exchange.waiting.answer(206, Flag.length, head, Buffer.concat(parts), true);
}
