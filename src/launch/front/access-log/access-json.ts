/** Lines about requests as JSON, for `log-json`; docs/logging.md lists the fields. */
import type { AccessRecord } from "../exchange/access-record.ts";

/** One object, with its end. What clients sent is read as UTF-8. */
export function jsonLine(record: AccessRecord): string {
  const { info } = record;
  const line = JSON.stringify({
    time: new Date(record.endedAt).toISOString(),
    type: "request",
    method: info.method,
    uri: readable(info.uri),
    protocol: info.protocol,
    status: record.status,
    address: readable(info.remoteAddress),
    user: readable(record.user),
    host: readable(record.variable("HTTP_HOST")),
    referer: readable(record.variable("HTTP_REFERER")),
    userAgent: readable(record.variable("HTTP_USER_AGENT")),
    requestBytes: info.bytes,
    headBytes: record.headBytes,
    bodyBytes: record.bodyBytes,
    milliseconds: Math.round(record.elapsedMs * 1000) / 1000,
    worker: record.workerId,
    pid: record.pid,
    core: record.core,
    clientLeft: record.writeErrors + record.readErrors > 0 || undefined,
  });
  return `${Buffer.from(line).toString("latin1")}\n`;
}

/** Text from one character a byte; a field that is absent is left out. */
function readable(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : Buffer.from(text, "latin1").toString();
}
