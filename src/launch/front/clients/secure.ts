/** What the front loads when a socket speaks TLS: TLS itself, and HTTP/1.1 or HTTP/2 over it. */

import type { HttpSettings } from "../../../settings/http-settings.ts";
import type { FrontTls, Listener, ListenerTls } from "../../messages.ts";
import { HeadParser } from "../../protocol/http-head.ts";
import type { Admission } from "../transport/admission.ts";
import { Channel } from "../transport/channel.ts";
import { ProxiedSockets } from "../transport/proxy-protocol.ts";
import { type TicketKeys, TlsListener } from "../transport/tls.ts";
import type { FrontContext } from "./connection.ts";
import { HttpConnection } from "./http.ts";
import { expectsProxy, httpListener } from "./http-listener.ts";

export { TicketKeys } from "../transport/tls.ts";

/** What a listener with TLS is made of. */
export interface SecureOrder {
  readonly listener: Listener;
  readonly tls: ListenerTls;
  readonly shared: FrontTls;
  readonly context: FrontContext;
  readonly keys: TicketKeys;
  /** Logs what a client does wrong. */
  readonly complain: (message: string) => void;
  readonly http: HttpSettings;
  readonly admission: Admission;
}

/**
 * A listener whose connections become those of HTTP, by the protocol that the client chose (RFC 7301).
 * @throws Error when OpenSSL does not take a certificate, key or list of ciphers
 */
export async function secureListener(order: SecureOrder): Promise<TlsListener> {
  const { listener, tls, shared, context, keys, complain } = order;
  const own = httpListener(listener, order.http);
  const parser = new HeadParser();
  const proxies = expectsProxy(listener, order.http)
    ? new ProxiedSockets({
        ...{ trusted: context.trusted, listener, headerMs: own.timeouts.headMs, complain },
      })
    : undefined;
  const door = tls.http2
    ? new (await import("./http2.ts")).Http2Door(context, new HeadParser())
    : undefined;
  return new TlsListener(listener, tls, shared, keys, {
    attended: context.connections,
    complain,
    emptied: context.emptied,
    admits: () => order.admission.admits(),
    before: proxies && ((socket, go) => proxies.admit(socket, go)),
    secured: (socket, vars) => {
      const peer = proxies?.peerOf(socket) ?? context.trusted.peerOf(socket, own);
      if (door && socket.alpnProtocol === "h2") {
        door.open(socket, own, vars, peer);
      } else {
        new HttpConnection(context, new Channel(socket), { ...own, secure: vars }, parser, peer);
      }
    },
  });
}
