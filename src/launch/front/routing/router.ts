/** Routes at work: every request goes through the table before it gets anywhere. */
import { parseAddress } from "../../../options/address.ts";
import type { RouteSettings } from "../../../settings/routing/route-settings.ts";
import { readEnviron, writeEnviron } from "../../protocol/environ-map.ts";
import { evaluate, type RouteOutcome } from "../../routing/evaluate.ts";
import { type RouteScope, type RouteWorld, routeScope } from "../../routing/scope.ts";
import { splitPath } from "../../routing/script-name.ts";
import { bodyKind, httpHead, uwsgiPacket } from "../../routing/upstream-request.ts";
import type { Arrival } from "../exchange/arrival.ts";
import { type Exchange, isSafe } from "../exchange/exchange.ts";
import type { MimeTypes } from "../static/mime.ts";
import type { StaticFiles } from "../static/static.ts";
import { readPages } from "./pages.ts";
import { type AnswerTables, RoutedAnswer } from "./routed-answer.ts";
import { Upstream } from "./upstream.ts";
import { routeWorld } from "./world.ts";

/** Longest wait between two lines about other servers that fail. */
const COMPLAINT_EVERY_MS = 1_000;

/** What a router is made of. */
export interface RouterConfig {
  readonly routes: RouteSettings;
  /** Mountpoints that become SCRIPT_NAME, one character a byte; none where that is not asked for. */
  readonly mountpoints: readonly string[];
  /** SERVER_NAME. */
  readonly serverName: string;
}

/** The routes of a server. */
export class Router {
  readonly #config: RouterConfig;
  readonly #tables: AnswerTables;
  readonly #statics: StaticFiles;
  readonly #world: RouteWorld;
  readonly #limit: (exchange: Exchange, seconds: number) => void;
  #complainedAt = 0;

  /** @param limit gives a request so many seconds from when the application begins with it */
  constructor(
    config: RouterConfig,
    statics: StaticFiles,
    types: MimeTypes,
    limit: (exchange: Exchange, seconds: number) => void,
  ) {
    this.#limit = limit;
    this.#config = config;
    this.#world = routeWorld(types);
    this.#tables = { routes: config.routes, pages: readPages(config.routes.pages) };
    this.#statics = statics;
  }

  /**
   * Sends a request through the table.
   * @returns its path, for what comes next; undefined when an answer was or will be given
   */
  consider(arrival: Arrival): string | undefined {
    const { exchange, sink, method } = arrival;
    const { routes, serverName, mountpoints } = this.#config;
    const vars = readEnviron(exchange.frame);
    if (!vars.has("SERVER_NAME")) vars.set("SERVER_NAME", serverName);
    const split = splitPath(arrival.path, mountpoints);
    if (split !== undefined) {
      vars.set("SCRIPT_NAME", split.scriptName);
      vars.set("PATH_INFO", split.pathInfo);
    }
    const scope = routeScope(vars, this.#world);
    const answer = new RoutedAnswer(this.#tables, scope, exchange, sink, method === "HEAD");
    const outcome = evaluate(routes.request, scope);
    if (scope.quiet) exchange.info = undefined;
    if (outcome.kind === "continue") {
      if (scope.harakiri > 0) this.#limit(exchange, scope.harakiri);
      if (routes.request.length > 0 || split !== undefined) changeRequest(arrival, scope);
      // uWSGI has looked for a static file before it comes to the routes.
      return split?.pathInfo ?? arrival.path;
    }
    this.#divert(outcome, arrival, answer, vars);
    return undefined;
  }

  #divert(
    outcome: Exclude<RouteOutcome, { kind: "continue" }>,
    arrival: Arrival,
    answer: RoutedAnswer,
    vars: ReadonlyMap<string, string>,
  ): void {
    const { exchange } = arrival;
    switch (outcome.kind) {
      case "answer":
        exchange.claim();
        answer.give(outcome.answer);
        return;
      case "file":
        exchange.claim();
        answer.giveFile(outcome);
        return;
      case "static":
        this.#serveStatic(outcome.path, arrival, answer);
        return;
      case "http":
      case "uwsgi":
        this.#forward(outcome, arrival, answer, vars);
    }
  }

  #serveStatic(path: string | undefined, arrival: Arrival, answer: RoutedAnswer): void {
    const { exchange, method } = arrival;
    const none = () => {
      exchange.claim();
      answer.giveOwn(404);
    };
    if (path === undefined || (method !== "GET" && method !== "HEAD")) {
      none();
      return;
    }
    exchange.hold();
    this.#statics.serveNamed(path, arrival).then(
      (served) => {
        if (!served && !exchange.abandoned) none();
      },
      () => exchange.waiting.fail(500),
    );
  }

  #forward(
    outcome: Extract<RouteOutcome, { kind: "http" | "uwsgi" }>,
    { exchange, method }: Arrival,
    answer: RoutedAnswer,
    vars: ReadonlyMap<string, string>,
  ): void {
    const refuse = (status: number) => {
      exchange.claim();
      answer.giveOwn(status);
    };
    const address = parseAddress(outcome.address);
    if (!address.ok || address.value.kind === "abstract") {
      this.#complain(`\`${outcome.address}\` is not an address to route to`);
      refuse(502);
      return;
    }
    const body = bodyKind(vars, exchange.whole);
    let head: Buffer | undefined;
    if (outcome.kind === "http") head = httpHead(vars, outcome, body);
    else if (body === "chunked") {
      refuse(411); // the uwsgi protocol has no other way to say where a body ends
      return;
    } else head = uwsgiPacket(withApp(vars, outcome.appId), outcome.modifier1, outcome.modifier2);
    if (head === undefined) {
      this.#complain("a request does not fit into what another server is sent");
      refuse(502);
      return;
    }
    answer.passThrough();
    const chunked = body === "chunked";
    const request = { address: address.value, head, chunked, headOnly: method === "HEAD" };
    exchange.divert(
      new Upstream(request, exchange, (message) =>
        this.#complain(`${outcome.kind} ${outcome.address}: ${message}`),
      ),
    );
  }

  #complain(message: string): void {
    const now = Date.now();
    if (now - this.#complainedAt < COMPLAINT_EVERY_MS) return;
    this.#complainedAt = now;
    this.#world.log(`tsuwsgi: ${message}`);
  }
}

/** The request as the rules have left it. */
function changeRequest({ exchange, method }: Arrival, { vars, removed }: RouteScope): void {
  const changed = vars.get("REQUEST_METHOD") ?? method;
  exchange.safe = isSafe(changed);
  // The application leaves out the body that its Content-Length promises to somebody who did not ask so.
  if (changed === "HEAD" && method !== "HEAD") removed.add("content-length");
  exchange.frame = writeEnviron(vars, exchange.whole);
}

function withApp(
  vars: ReadonlyMap<string, string>,
  id: string | undefined,
): ReadonlyMap<string, string> {
  return id === undefined ? vars : new Map([...vars, ["UWSGI_APPID", id]]);
}
