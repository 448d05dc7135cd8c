/** The names of header fields that heads have had, with their environ keys ready to copy. */
import { marshalText } from "./environ.ts";
import { hashOf, sameName } from "./head-bytes.ts";

/** What a field means to the server itself. */
export const Meaning = {
  plain: 0,
  host: 1,
  contentLength: 2,
  contentType: 3,
  transferEncoding: 4,
  connection: 5,
  expect: 6,
  /** Not given to the application. */
  dropped: 7,
  forwardedProto: 8,
  cookie: 9,
  forwardedSsl: 10,
} as const;

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["host", Meaning.host],
  ["content-length", Meaning.contentLength],
  ["content-type", Meaning.contentType],
  ["transfer-encoding", Meaning.transferEncoding],
  ["connection", Meaning.connection],
  ["expect", Meaning.expect],
  // HTTP_PROXY would be read as the proxy to use by CGI-style libraries ("httpoxy").
  ["proxy", Meaning.dropped],
  ["x-forwarded-proto", Meaning.forwardedProto],
  ["x-forwarded-ssl", Meaning.forwardedSsl],
  ["cookie", Meaning.cookie],
]);

/** A field name that was seen, with its environ key ready to copy. */
export interface KnownName {
  /** Lower case. */
  readonly name: Uint8Array;
  readonly key: Buffer;
  readonly meaning: number;
  /** Serials of the last head that had it, and of the last that had it more than once. */
  seen: number;
  repeated: number;
}

/** A client that makes up names must not fill the memory. */
const MAX_KNOWN_NAMES = 512;

/** Finds a name by its hash; one that is new is made once and, while there is room, kept. */
export class FieldNames {
  readonly #known = new Map<number, KnownName>();
  /** Names of the current head that have no place in #known: it is full, or another has their hash. */
  readonly #strangers = new Map<string, KnownName>();

  constructor() {
    // What decides the framing has its place before any client can fill the table or take its hash: a
    // repeated Content-Length must never look like a first one.
    for (const name of SPECIAL.keys()) {
      const bytes = Buffer.from(name, "latin1");
      this.#learn(hashOf(bytes), bytes, 0, bytes.length);
    }
  }

  /** Forgets what only the last head had. */
  nextHead(): void {
    if (this.#strangers.size > 0) this.#strangers.clear();
  }

  /**
   * The name that stands in `data` from `start` to `end`.
   * @param hash its hashOf()
   */
  find(hash: number, data: Buffer, start: number, end: number): KnownName {
    const known = this.#known.get(hash);
    if (known !== undefined && sameName(known.name, data, start, end)) return known;
    return this.#learn(hash, data, start, end);
  }

  /** A name that is not in the table yet: its key is made once. */
  #learn(hash: number, data: Buffer, start: number, end: number): KnownName {
    const name = data.toString("latin1", start, end).toLowerCase();
    const stranger = this.#strangers.get(name);
    if (stranger !== undefined) return stranger;
    let meaning = SPECIAL.get(name) ?? Meaning.plain;
    // `X_Forwarded_For` and `X-Forwarded-For` have the same key: only the dashed one may have it.
    if (name.includes("_")) meaning = Meaning.dropped;
    const key =
      meaning === Meaning.contentLength || meaning === Meaning.contentType
        ? name.toUpperCase().replace("-", "_")
        : `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
    const known: KnownName = {
      name: Buffer.from(name, "latin1"),
      key: marshalText(key),
      meaning,
      seen: 0,
      repeated: 0,
    };
    if (this.#known.size < MAX_KNOWN_NAMES && !this.#known.has(hash)) this.#known.set(hash, known);
    else this.#strangers.set(name, known);
    return known;
  }
}
