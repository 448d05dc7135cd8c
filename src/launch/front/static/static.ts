/** Files that are served without the application: `static-map`, `check-static` and their like. */
import { dirname } from "node:path";
import type { FileServeMode, StaticSettings } from "../../../settings/static-settings.ts";
import { readEnviron } from "../../protocol/environ-map.ts";
import type { Arrival } from "../exchange/arrival.ts";
import { acceptsCoding } from "./accept-encoding.ts";
import type { Variables } from "./conditional.ts";
import { FileStore, type FoundFile, openFound } from "./file-store.ts";
import type { MimeTypes } from "./mime.ts";
import { answerAtOnce, answerFrom, answerRedirect } from "./static-answer.ts";
import type { FileFields } from "./static-head.ts";
import { plan } from "./static-plan.ts";
import { bytes, type Candidate, StaticRoots } from "./static-roots.ts";
import { readable, StaticRules } from "./static-rules.ts";

/** The codings that a compressed file may have, in the order in which they are tried, as in uWSGI. */
const CODINGS = [
  { coding: "br", end: ".br" },
  { coding: "gzip", end: ".gz" },
] as const;
/** What the names of variables begin with that conditions and ranges come in. */
const CONDITION = Buffer.from("HTTP_IF_");
const RANGE = Buffer.from("HTTP_RANGE");
const NO_VARIABLES: Variables = new Map();
/** How often a file is looked for anew when it changes between being found and being opened. */
const ATTEMPTS = 3;

/** A file as one client gets it. */
interface Choice {
  readonly file: FoundFile;
  readonly coding: string | undefined;
  /** Another client may get another file. */
  readonly varies: boolean;
}

/** What is known of a request whose file was found. */
interface Request {
  readonly arrival: Arrival;
  /** PATH_INFO, with the name of the index that stands for a directory. */
  readonly pathInfo: string;
  readonly vars: Variables;
}

/** Answers requests with files. */
export class StaticFiles {
  readonly #docroot: boolean;
  readonly #ranges: boolean;
  /** Every request for a file is looked at for Accept-Encoding or REQUEST_URI. */
  readonly #readsAll: boolean;
  readonly #serveMode: FileServeMode;
  readonly #roots: StaticRoots;
  readonly #rules: StaticRules;
  readonly #store: FileStore;
  readonly #types: MimeTypes;
  readonly #skipEnds: readonly string[];
  readonly #index: readonly string[];

  constructor(settings: StaticSettings, types: MimeTypes) {
    this.#docroot = settings.docroot;
    this.#ranges = settings.honourRange;
    this.#serveMode = settings.serveMode;
    this.#types = types;
    this.#roots = new StaticRoots(settings);
    this.#rules = new StaticRules(settings);
    this.#readsAll = this.#rules.compresses || this.#rules.expires;
    this.#store = new FileStore(settings.safe);
    this.#skipEnds = settings.skipEnds.map(bytes);
    this.#index = settings.index.map(bytes);
  }

  /**
   * Answers a request with a file, if it means one. Where that takes time the caller holds the exchange.
   * @returns undefined when no file can be meant; else whether it was answered (or its client has gone)
   * @throws (rejects) when there is a file and it cannot be read; part of an answer may be out
   */
  serve(arrival: Arrival): Promise<boolean> | boolean | undefined {
    const { method, path, exchange } = arrival;
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (this.#skipped(path)) return undefined;
    const docroot = this.#docroot ? readEnviron(exchange.frame).get("DOCUMENT_ROOT") : undefined;
    const candidates = this.#roots.candidates(path, docroot);
    const [first] = candidates;
    if (first === undefined) return undefined;
    const known = this.#rules.compresses ? undefined : this.#store.known(first);
    if (known?.content === undefined || this.#skipped(known.path)) {
      return this.#serve(candidates, arrival);
    }
    const vars = this.#relevant(exchange.frame);
    return this.#send(plain(known), known.path, { arrival, pathInfo: path, vars }) === true;
  }

  /**
   * Answers a GET or HEAD with the file that a route names, if it is one and no link leads out of its directory.
   * @param path absolute, one character a byte
   * @returns whether it was answered (or its client has gone)
   * @throws (rejects) as `serve`
   */
  serveNamed(path: string, arrival: Arrival): Promise<boolean> {
    return this.#serve([{ root: dirname(path), path }], arrival);
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
    let found = await this.#store.find(candidate);
    let pathInfo = arrival.path;
    if (found === "directory") {
      for (const name of this.#index) {
        found = await this.#store.find({ ...candidate, path: `${candidate.path}/${name}` });
        pathInfo = `${arrival.path}${arrival.path.endsWith("/") ? "" : "/"}${name}`;
        if (typeof found === "object") break;
      }
    }
    if (typeof found !== "object" || this.#skipped(found.path)) return false;
    const vars = this.#relevant(arrival.exchange.frame);
    const choice = this.#rules.compresses ? await this.#choose(found, vars) : plain(found);
    if (arrival.exchange.abandoned) return true;
    return this.#send(choice, found.path, { arrival, pathInfo, vars });
  }

  /**
   * Sends a file.
   * @param path of the file itself, even where a compressed one is sent
   * @returns a promise only for what has to be read first
   */
  #send(choice: Choice, path: string, request: Request): true | Promise<boolean | undefined> {
    const { arrival, vars } = request;
    const fields = this.#fields(choice, path, request);
    if (this.#serveMode !== "bytes") {
      answerRedirect(arrival, fields, choice.file.path, this.#serveMode);
      return true;
    }
    const planned = plan(choice.file, fields, vars, arrival.method === "HEAD");
    if (planned.ranges.length > 0 && choice.file.content === undefined) {
      return openFound(choice.file).then((handle) => {
        if (handle === "changed") return undefined;
        return handle === undefined ? false : answerFrom(handle, arrival, planned);
      });
    }
    answerAtOnce(arrival, planned);
    return true;
  }

  /** The variables of a request, if it has any that matters for a file. Most have none. */
  #relevant(frame: Buffer): Variables {
    const matters =
      this.#readsAll || frame.includes(CONDITION) || (this.#ranges && frame.includes(RANGE));
    return matters ? readEnviron(frame) : NO_VARIABLES;
  }

  #skipped(path: string): boolean {
    for (const end of this.#skipEnds) if (path.endsWith(end)) return true;
    return false;
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

  #fields({ file, coding, varies }: Choice, path: string, request: Request): FileFields {
    const type = this.#types.of(path);
    let expires: string | undefined;
    if (this.#rules.expires) {
      const subjects = {
        file: readable(path),
        "path-info": readable(request.pathInfo),
        uri: request.vars.get("REQUEST_URI") ?? "",
        type: type ?? "",
      };
      const at = this.#rules.expiry(subjects, file.modifiedMs, Date.now());
      if (at !== undefined) expires = new Date(at).toUTCString();
    }
    const { etag, lastModified } = file;
    return { type, coding, varies, etag, lastModified, expires, ranges: this.#ranges };
  }
}

function plain(file: FoundFile): Choice {
  return { file, coding: undefined, varies: false };
}
