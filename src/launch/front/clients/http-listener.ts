/** What the options of HTTP come to for one listening socket. */
import type { HttpSettings } from "../../../settings/http-settings.ts";
import type { Listener } from "../../messages.ts";
import { type ConnectionTimeouts, Timeouts } from "../transport/attended.ts";
import type { HttpListener } from "./http.ts";

/**
 * How long a client of a socket may take. As in uWSGI `http` has options of its own and all other sockets
 * have `socket-timeout`.
 */
export function timeoutsOf(listener: Listener, http: HttpSettings): ConnectionTimeouts {
  const { idleMs, headMs, bodyMs, writeMs } = Timeouts;
  if (!listener.router) {
    const ms = http.socketTimeout * 1000;
    if (ms === 0) return Timeouts;
    return { idleMs, headMs: ms, bodyMs: ms, writeMs: ms, answerMs: 0 };
  }
  const ms = http.timeout * 1000;
  return {
    idleMs: http.keepalive * 1000 || idleMs,
    headMs: http.headersTimeout * 1000 || ms || headMs,
    bodyMs: ms || bodyMs,
    writeMs: ms || writeMs,
    answerMs: ms,
  };
}

/** What the connections of an HTTP socket have in common. */
export function httpListener(listener: Listener, http: HttpSettings): HttpListener {
  return {
    port: listener.port,
    local: listener.local,
    timeouts: timeoutsOf(listener, http),
    autoGzip: listener.router && http.autoGzip,
    expectLimit: listener.router ? http.expectLimit : 0,
    hostAsServerName: listener.router && http.hostAsServerName,
  };
}

/** Whether connections to an HTTP socket begin with a PROXY header. */
export function expectsProxy(listener: Listener, http: HttpSettings): boolean {
  return http.proxyProtocol || (listener.router && http.routerProxyProtocol);
}
