/** Lines about requests in the form of `log-format`. */
import { formatPieces, isLogVariable, type LogVariable } from "../../../settings/access-format.ts";
import { commonTime, ctime, strftime } from "../../log/strftime.ts";
import type { AccessRecord, LineMaker } from "../exchange/access-record.ts";
import type { WorkerMemory } from "./worker-memory.ts";

const MB = 1024 * 1024;

/**
 * The maker of a format's lines. A variable that is empty is `-`, as in uWSGI.
 * @param date of `%(ftime)`, a format of strftime(3); undefined: as `%(ltime)`
 */
export function formattedLine(
  format: string,
  date: string | undefined,
  memory: WorkerMemory,
): LineMaker {
  const context = { date, memory };
  const pieces = formatPieces(Buffer.from(format).toString("latin1")).map((piece): LineMaker => {
    if ("text" in piece) return () => piece.text;
    const read = reader(piece.variable, context);
    return (record) => oneLine(read(record)) || "-";
  });
  return (record) => {
    let line = "";
    for (const piece of pieces) line += piece(record);
    return `${line}\n`;
  };
}

interface Context {
  readonly date: string | undefined;
  readonly memory: WorkerMemory;
}

type Reader = (record: AccessRecord, context: Context) => string | number | undefined;

function reader(name: string, context: Context): (record: AccessRecord) => string {
  if (isLogVariable(name)) {
    const read = readers[name];
    return (record) => String(read(record, context) ?? "");
  }
  if (!name.startsWith("var.")) return () => ""; // one that no application sets
  const variable = name.slice("var.".length);
  return (record) => record.variable(variable) ?? "";
}

/** A value of the client's must not look like another line. */
function oneLine(value: string): string {
  return /[\n\r]/.test(value) ? value.replace(/[\n\r]/g, " ") : value;
}

const readers: Readonly<Record<LogVariable, Reader>> = {
  uri: ({ info }) => info.uri,
  method: ({ info }) => info.method,
  user: (record) => record.variable("REMOTE_USER"),
  addr: ({ info }) => info.remoteAddress,
  host: (record) => record.variable("HTTP_HOST"),
  proto: ({ info }) => info.protocol,
  uagent: (record) => record.variable("HTTP_USER_AGENT"),
  referer: (record) => record.variable("HTTP_REFERER"),
  status: ({ status }) => status,
  rsize: ({ bodyBytes }) => bodyBytes,
  hsize: ({ headBytes }) => headBytes,
  size: ({ headBytes, bodyBytes }) => headBytes + bodyBytes,
  cl: (record) => record.variable("CONTENT_LENGTH") || 0,
  micros: ({ elapsedMs }) => Math.trunc(elapsedMs * 1000),
  msecs: ({ elapsedMs }) => Math.trunc(elapsedMs),
  secs: ({ elapsedMs }) => (elapsedMs / 1000).toFixed(6),
  tmsecs: ({ startedAt }) => Math.trunc(startedAt),
  tmicros: ({ startedAt }) => Math.trunc(startedAt * 1000),
  time: ({ startedAt }) => Math.floor(startedAt / 1000),
  ltime: ({ startedAt }) => commonTime(new Date(startedAt)),
  ftime: ({ startedAt }, { date }) =>
    date === undefined ? commonTime(new Date(startedAt)) : strftime(date, new Date(startedAt)),
  ctime: ({ startedAt }) => ctime(new Date(startedAt)),
  epoch: ({ endedAt }) => Math.floor(endedAt / 1000),
  pid: ({ pid }) => pid,
  wid: ({ workerId }) => workerId,
  switches: ({ workerId }) => (workerId > 0 ? 1 : 0),
  vars: ({ info }) => info.vars,
  core: ({ core }) => core,
  vsz: ({ pid }, { memory }) => memory.of(pid).vsz,
  rss: ({ pid }, { memory }) => memory.of(pid).rss,
  vszM: ({ pid }, { memory }) => Math.floor(memory.of(pid).vsz / MB),
  rssM: ({ pid }, { memory }) => Math.floor(memory.of(pid).rss / MB),
  pktsize: ({ info }) => info.bytes,
  modifier1: () => 0,
  modifier2: () => 0,
  headers: ({ fields }) => fields,
  werr: ({ writeErrors }) => writeErrors,
  rerr: ({ readErrors }) => readErrors,
  ioerr: ({ writeErrors, readErrors }) => writeErrors + readErrors,
};
