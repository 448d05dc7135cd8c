/** The front: listens, reads requests, hands them to the workers' cores, sends the answers. */

import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { hasRoutes } from "../../settings/routing/route-settings.ts";
import { servesFiles } from "../../settings/static-settings.ts";
import type {
  FrontConfig,
  FrontStats,
  FrontToMaster,
  Listener,
  ListenerTls,
  RequestLog,
} from "../messages.ts";
import { CgiVariables } from "../protocol/cgi-variables.ts";
import { fenceShown } from "../protocol/counters.ts";
import { readEnviron } from "../protocol/environ-map.ts";
import { HeadParser } from "../protocol/http-head.ts";
import { HeadTails } from "../protocol/response.ts";
import { accessLog } from "./access-log/access-log.ts";
import type { FrontContext } from "./clients/connection.ts";
import { FastcgiConnection } from "./clients/fastcgi.ts";
import type { GatewayListener } from "./clients/gateway.ts";
import { HttpConnection } from "./clients/http.ts";
import { expectsProxy, httpListener, timeoutsOf } from "./clients/http-listener.ts";
import { RedirectConnection } from "./clients/redirect.ts";
import { ScgiConnection } from "./clients/scgi.ts";
import { UwsgiConnection } from "./clients/uwsgi.ts";
import type { CoreWorker } from "./cores/core-worker.ts";
import { CoreRegistry } from "./cores/cores.ts";
import { Dispatcher } from "./cores/dispatch.ts";
import { WorkerLimits } from "./cores/limits.ts";
import type { Exchange } from "./exchange/exchange.ts";
import { OpenFiles } from "./exchange/open-files.ts";
import { openSpool } from "./exchange/spool.ts";
import { Intake } from "./intake.ts";
import { Router } from "./routing/router.ts";
import { loadTypes } from "./static/mime.ts";
import { StaticFiles } from "./static/static.ts";
import { Admission } from "./transport/admission.ts";
import { type Channel, ChannelServer } from "./transport/channel.ts";
import { type Descriptors, descriptorLimit, divide } from "./transport/descriptors.ts";
import { Memory } from "./transport/memory.ts";
import { admitChannel, type ProxyGate } from "./transport/proxy-protocol.ts";
import type { TicketKeys, TlsListener } from "./transport/tls.ts";
import { TrustedProxies } from "./transport/trust.ts";

const SWEEP_MS = 1_000;
const HARAKIRI_MS = 250;
/** How often the master is told what the number of workers depends on: uWSGI's own cycle. */
const LOAD_MS = 1_000;
/** How long idle workers may take to go once told, before the front leaves them to the master. */
const QUIT_MS = 1_000;
/** How long clients that are silent keep their connections when another front takes over, and how often we look. */
const LINGER_MS = 5_000;
const LOOK_MS = 50;
/** Turns of the event loop in which a connection is accepted and its request read. */
const DRAIN_TURNS = 4;
/** More of a body than this is spooled, whatever `post-buffering` says: here memory is held by connections. */
const MOST_IN_MEMORY = 1024 * 1024;
/** One line about misuse per this long, so that a misconfigured peer cannot fill the log. */
const COMPLAINT_EVERY_MS = 1_000;

/** All that runs in the front's process. */
export class Front {
  readonly #config: FrontConfig;
  readonly #tell: (message: FrontToMaster) => void;
  readonly #context: FrontContext;
  readonly #dispatcher: Dispatcher;
  readonly #registry: CoreRegistry;
  readonly #descriptors: Descriptors;
  readonly #limits: WorkerLimits;
  readonly #servers: { close(): void }[] = [];
  #ticketKeys: TicketKeys | undefined;
  #timers: NodeJS.Timeout[] = [];
  #complainedAt = 0;
  #watchesHarakiri = false;
  #ended: (() => void) | undefined;

  /** @param tell sends a message to the master */
  constructor(config: FrontConfig, requestLog: RequestLog, tell: (message: FrontToMaster) => void) {
    this.#config = config;
    this.#tell = tell;
    this.#limits = new WorkerLimits(config.limits, config.maxRequests);
    this.#dispatcher = new Dispatcher(
      {
        moveUnsafe: fenceShown(process.arch),
        harakiri: config.harakiri,
        harakiriGraceful: config.harakiriGraceful,
        harakiriQueue: config.harakiriQueue,
        limits: this.#limits,
        greenlets: config.greenlets,
      },
      {
        harakiri: (worker, exchange) => this.#overdue("harakiri", worker, exchange),
        overdue: (worker, exchange) => this.#overdue("overdue", worker, exchange),
        signal: ({ slot, pid }) => tell({ type: "trace", slot, pid }),
        limited: () => this.#watchHarakiri(),
        starved: () => this.#reportLoad(),
        worn: ({ slot, pid }, reason, urgent) => tell({ type: "worn", slot, pid, reason, urgent }),
      },
    );
    this.#descriptors = divide(descriptorLimit(), config.slots * config.cores);
    const files = new OpenFiles(this.#descriptors.files);
    const memory = new Memory();
    const bodies = {
      memory,
      inMemory: Math.min(config.postBuffering, MOST_IN_MEMORY),
      shared: existsSync("/proc/self/fd"),
      openSpool: (wrote: (error: Error | undefined) => void) => openSpool(files, wrote),
    };
    this.#dispatcher.bodies = bodies;
    const { http } = config;
    const trusted = new TrustedProxies(http.trusted);
    const fields = { added: http.addHeaders, removed: http.remHeaders };
    const forwarders = http.logForwardedFor ? trusted : undefined;
    this.#context = {
      trusted,
      dispatcher: this.#dispatcher,
      tails: new HeadTails(config.serverHeader, fields),
      log: accessLog({
        ...requestLog,
        forwarders,
        settings: config.log,
        users: hasRoutes(config.routes) || config.listeners.some(isGateway),
        all: config.logRequests,
      }),
      intake: intakeOf(config, (exchange, seconds) => this.#dispatcher.limit(exchange, seconds)),
      bufferSize: config.bufferSize,
      limitPost: config.limitPost,
      connections: new Set(),
      memory,
      emptied: () => this.#ended?.(),
      parting: false,
      draining: false,
    };
    this.#registry = new CoreRegistry(config, this.#dispatcher, files, (worker, failure) => {
      if (worker.cores.some((core) => core.files === undefined)) bodies.shared = false;
      tell({ type: "attached", slot: worker.slot, pid: worker.pid, failure });
    });
  }

  /** Lets cores in. */
  async start(): Promise<void> {
    await this.#registry.listen();
    this.#tell({ type: "ready" });
  }

  /** Listens for clients. */
  async listen(): Promise<void> {
    try {
      await Promise.all(this.#config.listeners.map((listener) => this.#open(listener)));
    } catch (error) {
      this.#tell({
        type: "failed",
        message: error instanceof Error ? error.message : String(error),
      });
      return;
    }
    this.#every(SWEEP_MS, () => this.#sweep());
    if (this.#config.harakiri > 0) this.#watchHarakiri();
    if (this.#limits.evil) this.#every(SWEEP_MS, () => this.#checkSizes());
    if (this.#config.reportsLoad) this.#every(LOAD_MS, () => this.#reportLoad());
    this.#tell({ type: "listening" });
  }

  /** Stops accepting, finishes what is in hand, lets the workers go. */
  async drain(): Promise<void> {
    this.#context.parting = true;
    await this.#takeNoMore();
    await this.#finish();
  }

  /**
   * The same when another front listens on the same sockets. A client that may be about to send its next
   * request is not cut off: it gets its answer, and with that the word that the connection closes.
   * @param lingerMs how long such clients are waited for
   */
  async handOver(lingerMs = LINGER_MS): Promise<void> {
    const context = this.#context;
    context.parting = true;
    await this.#takeNoMore();
    for (let waited = 0; context.connections.size > 0 && waited < lingerMs; waited += LOOK_MS) {
      await sleep(LOOK_MS);
    }
    await this.#finish();
  }

  /** In one step some workers begin to take requests, and others take no more. */
  swap(admit: readonly number[], retire: readonly number[]): void {
    this.#registry.swap(admit, retire);
  }

  /** Begins no request, or goes on. */
  pause(on: boolean): void {
    this.#dispatcher.pause(on);
  }

  async #takeNoMore(): Promise<void> {
    // Connections and requests that the kernel already has are taken in a few more turns of the loop.
    for (let turn = 0; turn < DRAIN_TURNS; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const server of this.#servers) server.close();
  }

  async #finish(): Promise<void> {
    const context = this.#context;
    context.draining = true;
    for (const connection of context.connections) connection.drain();
    if (context.connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve;
      });
    }
    for (const timer of this.#timers) clearInterval(timer);
    this.#dispatcher.quit();
    this.#registry.quitHeld();
    await this.#registry.close(QUIT_MS);
    await context.log?.end();
  }

  /** The master has seen a worker's process end. */
  workerExited(pid: number): void {
    this.#registry.exited(pid);
  }

  /** What the stats server asks for. */
  stats(): FrontStats {
    return {
      queue: this.#dispatcher.queued,
      rejected: this.#dispatcher.rejected,
      staticRequests: this.#context.intake?.staticRequests ?? 0,
      workers: this.#registry.stats(),
    };
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  #watchHarakiri(): void {
    if (this.#watchesHarakiri) return;
    this.#watchesHarakiri = true;
    this.#every(HARAKIRI_MS, () => this.#dispatcher.checkHarakiri(performance.now()));
  }

  #checkSizes(): void {
    for (const worker of this.#registry.workers) {
      const reason = worker.killed ? undefined : this.#limits.oversize(worker);
      if (reason === undefined) continue;
      worker.killed = true;
      this.#dispatcher.retire(worker);
      this.#tell({ type: "oversize", slot: worker.slot, pid: worker.pid, reason });
    }
  }

  #overdue(type: "harakiri" | "overdue", worker: CoreWorker, exchange: Exchange | undefined): void {
    this.#registry.countHarakiri(worker.id);
    const request = exchange ? requestLine(exchange) : "to begin a request";
    this.#tell({ type, slot: worker.slot, pid: worker.pid, request });
  }

  #reportLoad(): void {
    this.#tell({
      type: "load",
      load: {
        waiting: this.#dispatcher.waiting,
        requests: this.#dispatcher.submitted + (this.#context.intake?.staticRequests ?? 0),
        workers: this.#registry.load(),
      },
    });
  }

  #sweep(): void {
    const now = Date.now();
    for (const connection of this.#context.connections) connection.sweep(now);
  }

  async #open(listener: Listener): Promise<void> {
    if (listener.tls) {
      await this.#openTls(listener, listener.tls);
      return;
    }
    const accept = this.#acceptor(listener);
    const admission = this.#admission(listener);
    const server = new ChannelServer({ noDelay: true }, (channel) => {
      if (admission.admits()) accept(channel);
      else channel.socket.destroy();
    });
    await this.#listen(listener, server);
  }

  #admission(listener: Listener): Admission {
    const complain = (message: string) => this.#complain(`${listener.text}: ${message}`);
    return new Admission(this.#descriptors.connections, this.#context.connections, complain);
  }

  /** TLS is loaded only where it is spoken. */
  async #openTls(listener: Listener, tls: ListenerTls): Promise<void> {
    const { tls: shared } = this.#config;
    if (shared === undefined) return;
    const { secureListener, TicketKeys } = await import("./clients/secure.ts");
    this.#ticketKeys ??= new TicketKeys();
    const server = await secureListener({
      ...{ listener, tls, shared, context: this.#context, keys: this.#ticketKeys },
      http: this.#config.http,
      admission: this.#admission(listener),
      complain: (message) => this.#complain(`${listener.text}: ${message}`),
    });
    await this.#listen(listener, server);
  }

  async #listen(listener: Listener, server: ChannelServer | TlsListener): Promise<void> {
    this.#servers.push(server);
    try {
      // One connection could not be accepted, for want of descriptors mostly.
      const failed = (error: Error) => this.#complain(`${listener.text}: ${error.message}`);
      await server.listen(listener.fd, listener.backlog, failed);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`cannot listen on ${listener.text}: ${reason}`);
    }
  }

  #acceptor(listener: Listener): (channel: Channel) => void {
    const context = this.#context;
    const { http } = this.#config;
    const complain = (message: string) => this.#complain(`${listener.text}: ${message}`);
    if (listener.protocol === "http") {
      const parser = new HeadParser();
      const own = httpListener(listener, http);
      const { redirectPort } = listener;
      if (redirectPort !== undefined)
        return (channel) =>
          new RedirectConnection(context, channel, own.timeouts, parser, redirectPort);
      if (!expectsProxy(listener, http))
        return (channel) => new HttpConnection(context, channel, own, parser);
      const { trusted } = context;
      const gate: ProxyGate = { trusted, listener, headerMs: own.timeouts.headMs, complain };
      return (channel) =>
        admitChannel(channel, gate, (peer, ahead) => {
          new HttpConnection(context, channel, own, parser, peer);
          if (ahead.length > 0) channel.receive(ahead);
        });
    }
    const gateway: GatewayListener = {
      variables: new CgiVariables(),
      timeouts: timeoutsOf(listener, http),
      httpHead: listener.httpHead,
      complain,
    };
    switch (listener.protocol) {
      case "uwsgi":
        return (channel) => new UwsgiConnection(context, channel, gateway);
      case "fastcgi":
        return (channel) => new FastcgiConnection(context, channel, gateway);
      case "scgi":
        return (channel) => new ScgiConnection(context, channel, gateway);
    }
  }

  #complain(message: string): void {
    const now = Date.now();
    if (now - this.#complainedAt < COMPLAINT_EVERY_MS) return;
    this.#complainedAt = now;
    console.error(`tsuwsgi: ${message}`);
  }
}

/** Another server stands in front of it. */
function isGateway({ protocol }: Listener): boolean {
  return protocol !== "http";
}

/** Undefined where every request is for the application. */
function intakeOf(
  { statics, routes, mountpoints, serverName }: FrontConfig,
  limit: (exchange: Exchange, seconds: number) => void,
): Intake | undefined {
  const routed = hasRoutes(routes);
  if (!routed && !servesFiles(statics)) return undefined;
  const types = loadTypes(statics.mimeFiles, (message) => console.error(`tsuwsgi: ${message}`));
  const files = new StaticFiles(statics, types);
  const config = { routes, mountpoints, serverName };
  const router = routed ? new Router(config, files, types, limit) : undefined;
  return new Intake(files, mountpoints, router);
}

/** A request in two words. */
function requestLine({ frame }: Exchange): string {
  const variables = readEnviron(frame);
  return `${variables.get("REQUEST_METHOD") ?? "-"} ${variables.get("REQUEST_URI") ?? "-"}`;
}
