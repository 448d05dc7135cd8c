/** Whether the front's reading of bytes and Node's go together; what may differ is named here. */
import { METHODS } from "node:http";
import { LIMITS } from "./case.ts";
import { type Seen, serve } from "./front.ts";
import type { NodeOutcome, NodeRequest } from "./node-server.ts";

/** What a comparison came to. */
export type Verdict =
  /** Both read the same requests, this many. */
  | { readonly kind: "same"; readonly requests: number; readonly refused: boolean }
  /** A difference that is meant, by the exception's name. */
  | { readonly kind: "deliberate"; readonly name: string }
  | {
      readonly kind: "different";
      readonly what: string;
      readonly front: unknown;
      readonly node: unknown;
    };

/** A request that the front took, and Node did not or not so. */
interface Difference {
  readonly environ: Seen["environ"];
  /** Of the request before it. */
  readonly before: Seen["environ"] | undefined;
  /** Why Node gave up, if it did. */
  readonly problem: string | undefined;
  /** All bytes of the connection. */
  readonly text: string;
}

/**
 * A request that the front takes and Node refuses or reads in another way, on purpose. Each is described by the
 * request as the front read it, and where Node refused it by the reason that Node gave.
 */
const DELIBERATE: readonly {
  readonly name: string;
  readonly is: (difference: Difference) => boolean;
}[] = [
  {
    // RFC 9110 9.1 leaves the set of methods open; Node knows those of a list.
    name: "a method that Node does not know",
    is: ({ environ, problem }) =>
      problem === "HPE_INVALID_METHOD" && !METHODS.includes(environ["REQUEST_METHOD"] ?? ""),
  },
  {
    // HTTP/2's preface begins like this; here HTTP/2.0 is refused, and all else is a method like any other.
    name: "a method that Node waits for HTTP/2 behind",
    is: ({ environ, problem }) =>
      environ["REQUEST_METHOD"] === "PRI" &&
      (problem === undefined || problem === "HPE_INVALID_VERSION"),
  },
  {
    // Real clients send UTF-8 in targets; uWSGI and nginx pass it on, and an environ can carry it.
    name: "a target with bytes beyond ASCII",
    is: ({ environ, problem }) =>
      problem === "HPE_INVALID_URL" && /[\x80-\xff]/.test(environ["REQUEST_URI"] ?? ""),
  },
  {
    // Node takes a trailer for a field of the head; trailers are thrown away unread (RFC 9110 6.5.1).
    name: "a trailer that names a framing field",
    is: ({ environ, problem, text }) =>
      FRAMING_PROBLEMS.has(problem) &&
      environ["CONTENT_LENGTH"] !== undefined &&
      /\r\n0+(;[^\r\n]*)?\r\n([^\r\n]+\r\n)*(content-length|transfer-encoding):/i.test(text),
  },
  {
    // Whitespace around a value is blanks and tabs (RFC 9110 5.6.3); Node takes only blanks in these two.
    name: "a tab around the value of a framing field",
    is: ({ problem, text }) =>
      FRAMING_PROBLEMS.has(problem) &&
      /\r\n(content-length|transfer-encoding):( *\t[ \t]*[\w]+[ \t]*| *[\w]+ *\t[ \t]*)\r\n/i.test(
        text,
      ),
  },
  {
    // The front answers as if nothing had been asked (RFC 9110 7.8); Node reads no request behind it, nor its
    // body.
    name: "an upgrade that is not followed",
    is: ({ environ, before, problem }) =>
      problem === undefined &&
      (asksForUpgrade(before) || (asksForUpgrade(environ) && "CONTENT_LENGTH" in environ)),
  },
  {
    // Extensions are thrown away unread, so only control characters are looked for.
    name: "a chunk extension that is not of RFC 9112's grammar",
    is: ({ environ, problem, text }) =>
      CHUNK_PROBLEMS.has(problem) &&
      environ["CONTENT_LENGTH"] !== undefined &&
      [...text.matchAll(/\r\n0*[0-9a-f]+(;[^\r\n]*)\r\n/gi)].some(
        ([, extensions = ""]) => !EXTENSIONS.test(extensions),
      ),
  },
];

/** How Node finds fault with Content-Length and Transfer-Encoding. */
const FRAMING_PROBLEMS: ReadonlySet<string | undefined> = new Set([
  "HPE_INVALID_CONTENT_LENGTH",
  "HPE_UNEXPECTED_CONTENT_LENGTH",
  "HPE_INVALID_TRANSFER_ENCODING",
]);

/** How Node's versions call an extension that they refuse. */
const CHUNK_PROBLEMS: ReadonlySet<string | undefined> = new Set([
  "HPE_STRICT",
  "HPE_INVALID_CHUNK_SIZE",
]);

/** Extensions as RFC 9112 7.1.1 has them, without blanks. */
const EXTENSIONS = /^(;[!#$%&'*+.^_`|~\w-]+(=([!#$%&'*+.^_`|~\w-]+|"([^"\\]|\\.)*"))?)*$/;

/** Compares what the front and Node made of the same bytes. */
export function compare(bytes: Buffer, node: NodeOutcome): Verdict {
  const front = serve([bytes], LIMITS);
  const text = bytes.toString("latin1");
  for (const [i, request] of front.requests.entries()) {
    const other = node.requests[i];
    if (other !== undefined && isSame(request, other)) continue;
    const { environ } = request;
    const before = front.requests[i - 1]?.environ;
    const difference = { environ, before, problem: node.problem, text };
    const name = DELIBERATE.find(({ is }) => is(difference))?.name;
    if (name !== undefined) return { kind: "deliberate", name };
    return { kind: "different", what: `request ${i} of the front's`, front, node };
  }
  const refused = front.statuses.some((status) => status !== 200);
  const count = front.requests.length;
  // The front waits for more where Node has a whole request: they differ about where it ends.
  if (node.requests.length > count && front.open) {
    return { kind: "different", what: `request ${count} of Node's`, front, node };
  }
  return { kind: "same", requests: count, refused };
}

function asksForUpgrade(environ: Seen["environ"] = {}): boolean {
  return "HTTP_UPGRADE" in environ && /\bupgrade\b/i.test(environ["HTTP_CONNECTION"] ?? "");
}

function isSame(ours: Seen, theirs: NodeRequest): boolean {
  const environ = environOf(theirs);
  const names = new Set([...Object.keys(environ), ...Object.keys(ours.environ)]);
  return (
    ours.body === theirs.body && [...names].every((name) => environ[name] === ours.environ[name])
  );
}

/** The environ that a request is to have by the documented rules, worked out another way than the front does. */
function environOf({ method, target, version, fields, body }: NodeRequest): Record<string, string> {
  const absolute = /^https?:\/\/([^/?]*)(.*)$/is.exec(target);
  const origin = absolute?.[2] ?? target;
  const [path = "", ...query] = origin.split("?");
  const environ: Record<string, string> = {
    REQUEST_METHOD: method,
    REQUEST_URI: target,
    PATH_INFO: decoded(path) || "/",
    QUERY_STRING: query.join("?"),
    SERVER_PROTOCOL: `HTTP/${version}`,
  };
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (name.includes("_") || lower === "proxy") continue;
    if (lower === "transfer-encoding") {
      environ["CONTENT_LENGTH"] = String(body.length);
      continue;
    }
    const key = name.toUpperCase().replaceAll("-", "_");
    const full = /^CONTENT_(TYPE|LENGTH)$/.test(key) ? key : `HTTP_${key}`;
    const before = environ[full];
    environ[full] =
      before === undefined ? value : `${before}${lower === "cookie" ? "; " : ", "}${value}`;
  }
  if (absolute) environ["HTTP_HOST"] = absolute[1] ?? "";
  return environ;
}

function decoded(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
