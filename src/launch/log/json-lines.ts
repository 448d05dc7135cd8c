/** Lines of `log-json`: one object each; docs/logging.md lists the fields. The lines of requests are made in the front. */

/** How bad something is. */
export type LogLevel = "info" | "warning" | "error";

/** A line of the server itself. */
export function serverLine(message: string, level: LogLevel, now: Date): Buffer {
  return line({ time: now.toISOString(), type: "server", level, message: message.trimEnd() });
}

/** A line that the application wrote. */
export function applicationLine(text: Buffer, stream: "stdout" | "stderr", now: Date): Buffer {
  return line({ time: now.toISOString(), type: "application", stream, text: textOf(text) });
}

/** A line that the front wrote about something odd. */
export function frontLine(text: Buffer, now: Date): Buffer {
  return serverLine(textOf(text), "warning", now);
}

function textOf(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\n$/, "");
}

function line(value: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
