/** Forms of lines for the system's log, log servers (RFC 3164) and systemd's journal. */
import type { Sink } from "./sink.ts";
import { ctime } from "./strftime.ts";

/** Severity `info`: what uWSGI gives syslog(3) and the journal. */
const INFO = 6;
/** uWSGI leaves so many bytes of a packet for what stands before the message. */
const HEAD_BYTES = 30;

/** A sink whose lines are put into another form first: each becomes one or more. */
export function formed(sink: Sink, form: (line: Buffer) => Buffer[]): Sink {
  return {
    batches: false,
    shared: undefined,
    get crowded() {
      return sink.crowded;
    },
    write: (line) => {
      for (const part of form(line)) sink.write(part);
    },
    flush: () => sink.flush(),
    rotate: () => sink.rotate(),
    reopen: () => sink.reopen(),
    close: () => sink.close(),
  };
}

/** A line as syslog(3) sends it. */
export function syslogForm(name: string, facility: number): (line: Buffer) => Buffer[] {
  const priority = facility * 8 + INFO;
  return (line) => [
    Buffer.concat([Buffer.from(`<${priority}>${shortTime(new Date())} ${name}: `), line]),
  ];
}

/**
 * A line as uWSGI's `rsyslog` sends it.
 * @param packetBytes of one datagram
 * @param split what does not fit comes in more of them; else it is left out
 */
export function rsyslogForm(
  name: string,
  priority: number,
  packetBytes: number,
  split: boolean,
): (line: Buffer) => Buffer[] {
  return (line) => {
    const message = withoutEnd(line);
    const head = Buffer.from(`<${priority}>${shortTime(new Date())} ${name}: `);
    const room = Math.max(1, Math.min(packetBytes - HEAD_BYTES, packetBytes - head.length - 1));
    const parts: Buffer[] = [];
    for (let at = 0; at < message.length && (split || at === 0); at += room)
      parts.push(Buffer.concat([head, message.subarray(at, at + room)]));
    return parts;
  };
}

/** A line in the journal's own protocol. */
export function journalForm(line: Buffer): Buffer[] {
  const fields = `PRIORITY=${INFO}\nSYSLOG_IDENTIFIER=tsuwsgi\nMESSAGE=`;
  return [Buffer.concat([Buffer.from(fields), withoutEnd(line), Buffer.from("\n")])];
}

/** A line without its end. */
export function withoutEnd(line: Buffer): Buffer {
  return line[line.length - 1] === 10 ? line.subarray(0, -1) : line;
}

/** `Nov 23 02:39:30` */
function shortTime(now: Date): string {
  return ctime(now).slice(4, 19);
}
