/** Settings of HTTP: how long clients may take, whom to believe, what is added to answers. */
import type { TrustedPeer } from "./trust.ts";
import { defaultTrust } from "./trust.ts";

/** What the options of HTTP say. Times are in seconds; 0 where nothing was said, which leaves our own. */
export interface HttpSettings {
  /** Peers that are believed about their clients. */
  readonly trusted: readonly TrustedPeer[];
  /** `enable-proxy-protocol`: connections to every HTTP socket begin with a PROXY header. */
  readonly proxyProtocol: boolean;
  /** `http-enable-proxy-protocol`: those to the sockets of `http` do. */
  readonly routerProxyProtocol: boolean;
  /** `http-keepalive`, sockets of `http`: how long a connection may be idle between two requests. */
  readonly keepalive: number;
  /** `http-timeout`, sockets of `http`: how long nothing may come from the client, or from the application. */
  readonly timeout: number;
  /** `http-headers-timeout`, sockets of `http`: how long a head may take. */
  readonly headersTimeout: number;
  /** `socket-timeout`, all other sockets: how long nothing may come from the client. */
  readonly socketTimeout: number;
  /** `http-manage-expect`, sockets of `http`: bytes of a body that is announced with `Expect`; 0 is no limit. */
  readonly expectLimit: number;
  /** `http-auto-gzip`, sockets of `http`: compress what the application wants compressed. */
  readonly autoGzip: boolean;
  /** `http-server-name-as-http-host`, sockets of `http`: SERVER_NAME is what the client says in Host. */
  readonly hostAsServerName: boolean;
  /** `add-header`: lines of a head, `Name: value`, without their ends. */
  readonly addHeaders: readonly string[];
  /** `rem-header`: names of fields, in lower case. */
  readonly remHeaders: readonly string[];
  /** `log-x-forwarded-for`: the access log names the client that trusted proxies speak of. */
  readonly logForwardedFor: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** HTTP settings while they are made. */
export interface HttpDraft
  extends Omit<Mutable<HttpSettings>, "trusted" | "addHeaders" | "remHeaders"> {
  /** Empty until `trusted-proxy` names somebody. */
  trusted: TrustedPeer[];
  addHeaders: string[];
  remHeaders: string[];
}

/** What holds where no option says anything. */
export function noHttp(): HttpDraft {
  return {
    trusted: [],
    proxyProtocol: false,
    routerProxyProtocol: false,
    keepalive: 0,
    timeout: 0,
    headersTimeout: 0,
    socketTimeout: 0,
    expectLimit: 0,
    autoGzip: false,
    hostAsServerName: false,
    addHeaders: [],
    remHeaders: [],
    logForwardedFor: false,
  };
}

/** With the default of `trusted-proxy`, which its first occurrence replaces. */
export function finishHttp(draft: HttpDraft): HttpSettings {
  return { ...draft, trusted: draft.trusted.length > 0 ? draft.trusted : defaultTrust };
}
