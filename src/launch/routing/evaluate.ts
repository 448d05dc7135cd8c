/**
 * The tables of routes, rule by rule, as uWSGI goes through them. Changes the scope and says in the end what
 * is to become of the request; touches nothing else.
 */
import { Buffer } from "node:buffer";
import { statusText } from "../../settings/routing/http-status.ts";
import { targetOf } from "../../settings/routing/parse-route.ts";
import type { Route, RouteAction } from "../../settings/routing/route-settings.ts";
import { applies } from "./condition.ts";
import { mayPass } from "./credentials.ts";
import { expand, expandPath, type Groups, number } from "./expand.ts";
import { cleanPath } from "./rewrite-path.ts";
import type { RouteScope } from "./scope.ts";

/** An answer that the rules give; text is one character a byte. */
export interface RouteAnswer {
  /** `404 Not Found` */
  readonly status: string;
  /** Fields without line ends; Content-Length is not among them. */
  readonly fields: readonly string[];
  readonly body: string;
  readonly close: boolean;
}

/** What is to become of a request. */
export type RouteOutcome =
  /** It goes on. */
  | { readonly kind: "continue" }
  | { readonly kind: "answer"; readonly answer: RouteAnswer }
  /** A file, with the server's ways for static files; undefined: no path that may be looked at. */
  | { readonly kind: "static"; readonly path: string | undefined }
  /** A file as the body of an answer. */
  | {
      readonly kind: "file";
      readonly path: string | undefined;
      readonly status: string;
      readonly type: string;
    }
  | {
      readonly kind: "http";
      readonly address: string;
      readonly host: string | undefined;
      readonly uri: string | undefined;
    }
  | {
      readonly kind: "uwsgi";
      readonly address: string;
      readonly modifier1: number;
      readonly modifier2: number;
      readonly appId: string | undefined;
    };

const CONTINUE: RouteOutcome = { kind: "continue" };

/** Goes through a table from its beginning. */
export function evaluate(routes: readonly Route[], scope: RouteScope): RouteOutcome {
  const run = new Run(routes, scope);
  for (let at = 0; at < routes.length; at = run.next(at)) {
    const route = routes[at];
    if (route === undefined || "label" in route) continue;
    const groups = applies(route.when, route.not, scope);
    if (groups === undefined) continue;
    const outcome = run.act(route.action, groups, at);
    if (outcome !== undefined) return outcome;
  }
  return run.answerBegun() ?? CONTINUE;
}

/** An answer of the server's own: a status with its reason as the text. */
export function plainAnswer(status: number): RouteAnswer {
  const text = statusText(status) ?? "Unknown";
  return {
    status: `${status} ${text}`,
    fields: ["Content-Type: text/plain"],
    body: text,
    close: false,
  };
}

class Run {
  readonly #routes: readonly Route[];
  readonly #scope: RouteScope;
  #jump = 0;
  /** The answer of `clearheaders` and `send`. */
  #begun: { status: string; body: string } | undefined;

  constructor(routes: readonly Route[], scope: RouteScope) {
    this.#routes = routes;
    this.#scope = scope;
  }

  /** The rule that follows. */
  next(at: number): number {
    const to = Math.max(this.#jump, at + 1);
    this.#jump = 0;
    return to;
  }

  /** What `clearheaders` and `send` have made. */
  answerBegun(): RouteOutcome | undefined {
    if (this.#begun === undefined) return undefined;
    const answer = { ...this.#begun, fields: [], close: false };
    return { kind: "answer", answer };
  }

  /** Does what a rule says; undefined: on to the next rule. */
  act(action: RouteAction, groups: Groups, at: number): RouteOutcome | undefined {
    const scope = this.#scope;
    const { vars } = scope;
    const text = (template: Parameters<typeof expand>[0]) => expand(template, scope, groups);
    switch (action.do) {
      case "continue":
        return this.answerBegun() ?? CONTINUE;
      case "break":
        return this.#broken(action.status);
      case "return":
        return answered(plainAnswer(action.status));
      case "goto":
        return this.#goto(text(action.label), at);
      case "log":
        scope.world.log(text(action.text));
        return undefined;
      case "donotlog":
        scope.quiet = true;
        return undefined;
      case "harakiri":
        scope.harakiri = action.seconds;
        return undefined;
      case "nothing":
        return undefined;
      case "set":
        setVariable(vars, action.variable, text(action.value));
        return undefined;
      case "setuser":
        vars.set("REMOTE_USER", text(action.value).replace(/:.*/s, ""));
        return undefined;
      case "app":
        vars.set("UWSGI_APPID", action.id);
        return CONTINUE;
      case "fixpathinfo":
        setPath(vars);
        return undefined;
      case "math":
        return calculate(action, action.value && text(action.value), vars);
      case "addheader":
        scope.added.push(text(action.line));
        return undefined;
      case "delheader":
        scope.removed.add(text(action.name).toLowerCase());
        return undefined;
      case "rewrite":
        rewrite(vars, text(action.to));
        return action.last ? CONTINUE : undefined;
      case "begin":
        this.#begun = { status: fullStatus(text(action.status)), body: "" };
        return undefined;
      case "send": {
        const body = text(action.text) + (action.newline ? "\r\n" : "");
        this.#begun ??= { status: "200 OK", body: "" };
        this.#begun.body += body;
        return undefined;
      }
      default:
        return this.#end(action, groups);
    }
  }

  /** The actions that end a request. */
  #end(
    action: Extract<
      RouteAction,
      { do: "redirect" | "basicauth" | "static" | "file" | "http" | "uwsgi" }
    >,
    groups: Groups,
  ): RouteOutcome | undefined {
    const scope = this.#scope;
    const text = (template: Parameters<typeof expand>[0]) => expand(template, scope, groups);
    switch (action.do) {
      case "redirect":
        return answered(redirection(action.permanent, text(action.to)));
      case "basicauth":
        return mayPass(action, scope) ? undefined : answered(unauthorized(action.realm));
      case "static":
      case "file": {
        const path = expandPath(action.path, scope, groups);
        if (action.next && (path === undefined || !scope.world.file("isfile", path)))
          return undefined;
        if (action.do === "static") return { kind: "static", path };
        const own = action.mime && path !== undefined ? scope.world.mime(path) : undefined;
        const status = fullStatus(text(action.status));
        return { kind: "file", path, status, type: own ?? action.type };
      }
      case "http": {
        const uri = action.uri && text(action.uri);
        return { kind: "http", address: text(action.address), host: action.host, uri };
      }
      case "uwsgi": {
        const { modifier1, modifier2, appId } = action;
        return { kind: "uwsgi", address: text(action.address), modifier1, modifier2, appId };
      }
    }
  }

  #broken(status: string): RouteOutcome {
    const begun = this.answerBegun();
    if (begun !== undefined) return begun;
    // uWSGI closes the connection without a word; its log says 500.
    if (status === "") return answered(plainAnswer(500));
    const fields = ["Content-Type: text/plain"];
    return answered({ status: fullStatus(status), fields, body: "", close: true });
  }

  #goto(label: string, at: number): RouteOutcome | undefined {
    const target = targetOf(this.#routes, label);
    if (target !== undefined && target > at) {
      this.#jump = target;
      return undefined;
    }
    this.#scope.world.log(`a route jumps to \`${label}\`, which is not behind it`);
    return answered(plainAnswer(500));
  }
}

function answered(answer: RouteAnswer): RouteOutcome {
  return { kind: "answer", answer };
}

/** A number alone gets its reason; what is no status at all is an error of ours to have let through. */
function fullStatus(text: string): string {
  const [, digits = "", reason = ""] = /^([2-5]\d\d)(?: ([\t -~\x80-\xff]*))?$/.exec(text) ?? [];
  if (digits === "") return "500 Internal Server Error";
  return `${digits} ${reason || (statusText(Number(digits)) ?? "Unknown")}`;
}

function setVariable(vars: Map<string, string>, name: string, value: string): void {
  vars.set(name, value);
  if (name === "UWSGI_SCHEME") vars.set("wsgi.url_scheme", value);
}

function setPath(vars: Map<string, string>): void {
  const script = vars.get("SCRIPT_NAME") ?? "";
  if (script !== "") vars.set("PATH_INFO", (vars.get("PATH_INFO") ?? "").slice(script.length));
}

function calculate(
  action: Extract<RouteAction, { do: "math" }>,
  operand: string | undefined,
  vars: Map<string, string>,
): RouteOutcome | undefined {
  const base = vars.get(action.variable);
  if (base === undefined) return answered(plainAnswer(500));
  const left = number(base);
  const right = operand === undefined ? 1 : number(operand);
  vars.set(action.variable, String(calculated(action.operator, left, right)));
  return undefined;
}

function calculated(operator: "+" | "-" | "*" | "/", left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0 ? 0 : Math.trunc(left / right);
  }
}

/** The query that was there follows that of the new path. */
function rewrite(vars: Map<string, string>, to: string): void {
  const at = to.indexOf("?");
  const old = vars.get("QUERY_STRING") ?? "";
  vars.set("PATH_INFO", cleanPath(at < 0 ? to : to.slice(0, at)));
  if (at < 0) return;
  const own = to.slice(at + 1);
  vars.set("QUERY_STRING", old === "" ? own : `${own}&${old}`);
}

function redirection(permanent: boolean, to: string): RouteAnswer {
  const body = permanent ? "Moved Permanently" : "Moved";
  const status = permanent ? "301 Moved Permanently" : "302 Found";
  // What a request put in must not end the line.
  const escaped = to.replace(/[^\t -~\x80-\xff]/g, (char) => encodeURIComponent(char));
  return { status, fields: [`Location: ${escaped}`], body, close: false };
}

function unauthorized(realm: string): RouteAnswer {
  return {
    status: "401 Authorization Required",
    fields: [`WWW-Authenticate: Basic realm="${realm}"`],
    body: "Unauthorized",
    close: false,
  };
}

/** Bytes of an answer's body. */
export function bodyOf(answer: RouteAnswer): Buffer {
  return Buffer.from(answer.body, "latin1");
}
