/** Opens what loggers and `logto` name. */
import { hostname } from "node:os";
import type { DatagramAddress, LogEngine, LogSettings } from "../../settings/log-settings.ts";
import type { LogTarget } from "../../settings/settings.ts";
import { DescriptorSink } from "./descriptor-sink.ts";
import { type FileRules, FileSink } from "./file-sink.ts";
import { datagramProgram, ProgramSink, shellProgram } from "./program-sink.ts";
import type { Sink } from "./sink.ts";
import { formed, journalForm, rsyslogForm, syslogForm } from "./syslog.ts";
import { UdpSink } from "./udp-sink.ts";

/** Where the system's log is reached, and the journal. */
const SYSLOG_SOCKET = "/dev/log";
const JOURNAL_SOCKET = "/run/systemd/journal/socket";

/**
 * Opens the target of `logto`, standard error if there is none.
 * @throws the system's error
 */
export function openTarget(target: LogTarget | undefined, rules: FileRules): Sink {
  switch (target?.kind) {
    case undefined:
      return new DescriptorSink(2);
    case "udp":
      return new UdpSink(target.host, target.port);
    case "file":
      return new FileSink(target.path, rules);
  }
}

/** What opening a logger needs to know. */
export interface LoggerContext {
  readonly settings: Pick<LogSettings, "rsyslogPacketSize" | "rsyslogSplit">;
  /** Where lines go without loggers. */
  readonly target: Sink;
  readonly python: string;
}

/**
 * Opens a logger.
 * @throws the system's error
 */
export function openLogger(engine: LogEngine, context: LoggerContext): Sink {
  const { settings, target, python } = context;
  const datagrams = (to: DatagramAddress): Sink =>
    to.kind === "udp"
      ? new UdpSink(to.host, to.port)
      : new ProgramSink(datagramProgram(to.path, python));
  switch (engine.kind) {
    case "file":
      return new FileSink(engine.path, engine);
    case "fd":
      return new DescriptorSink(engine.fd);
    case "stdio":
      return target;
    case "pipe":
      return new ProgramSink(shellProgram(engine.command));
    case "socket": {
      const sink = datagrams(engine.to);
      if (engine.prefix === "") return sink;
      const prefix = Buffer.from(engine.prefix);
      return formed(sink, (line) => [Buffer.concat([prefix, line])]);
    }
    case "syslog":
      return formed(
        datagrams({ kind: "unix", path: SYSLOG_SOCKET }),
        syslogForm(engine.name, engine.facility),
      );
    case "rsyslog": {
      const { name = `${hostname()} uwsgi`, priority } = engine;
      const { rsyslogPacketSize, rsyslogSplit } = settings;
      return formed(
        datagrams(engine.to),
        rsyslogForm(name, priority, rsyslogPacketSize, rsyslogSplit),
      );
    }
    case "systemd":
      return formed(datagrams({ kind: "unix", path: JOURNAL_SOCKET }), journalForm);
  }
}
