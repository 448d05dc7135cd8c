/** What connections of the gateway protocols share: a web server sends a request's CGI variables and its body. */
import type { CgiVariables } from "../../protocol/cgi-variables.ts";
import { CGI_PREFIX, HTTP_PREFIX, Persistence } from "../../protocol/response.ts";
import type { AnswerSink } from "../exchange/answer.ts";
import { Exchange, isSafe, type RequestInfo } from "../exchange/exchange.ts";
import type { FileSink } from "../exchange/file-answer.ts";
import type { ConnectionTimeouts } from "../transport/attended.ts";
import type { Channel } from "../transport/channel.ts";
import { Connection, type FrontContext } from "./connection.ts";

/** What the connections of one listener have in common. */
export interface GatewayListener {
  readonly variables: CgiVariables;
  readonly timeouts: ConnectionTimeouts;
  /** Answers begin with a status line of HTTP (uWSGI's `nph`, for "non-parsed header"), not with `Status:`. */
  readonly httpHead: boolean;
  /** Logs what a peer does wrong, for the person who configured it. */
  readonly complain: (message: string) => void;
}

/** A connection from a web server. Nothing is said about persistence: the protocols have their own ways. */
export abstract class GatewayConnection extends Connection {
  protected readonly variables: CgiVariables;
  protected readonly complain: (message: string) => void;
  readonly #sink: AnswerSink & FileSink;

  constructor(
    context: FrontContext,
    channel: Channel,
    listener: GatewayListener,
    sink: AnswerSink & FileSink = channel,
  ) {
    super(context, channel, listener.timeouts, sink);
    this.variables = listener.variables;
    this.complain = listener.complain;
    this.#sink = sink;
    if (!listener.httpHead) this.writer.prefix = CGI_PREFIX;
  }

  /**
   * Makes a request of the variables, which are complete.
   * @param bytes that they came in
   * @param hasBody `body` and `endBody` of the exchange follow; else it is on its way already
   * @returns undefined when it is answered by now
   */
  protected begin(bytes: number, hasBody: boolean): Exchange | undefined {
    const { context, variables } = this;
    const { writer, method, path } = variables;
    this.writer.begin(Persistence.none, method === "HEAD", false);
    if (context.limitPost > 0 && variables.contentLength > context.limitPost) {
      this.own(413);
      return undefined;
    }
    if (!hasBody) writer.end();
    const environ = writer.frame();
    const exchange = new Exchange(
      context.dispatcher,
      this,
      environ,
      isSafe(method),
      !hasBody,
      context.log === undefined ? undefined : this.#describe(bytes, environ),
    );
    this.exchange = exchange;
    context.intake?.consider({ method, path, exchange, sink: this.#sink });
    if (exchange.answered) return undefined;
    if (!hasBody) exchange.submit();
    return exchange;
  }

  /** Answers a request that is not served, or not to its end. */
  protected refuse(status: number): void {
    const { exchange } = this;
    if (exchange && this.writer.begun) {
      this.socket.destroy();
      return;
    }
    exchange?.abandon();
    if (!exchange) this.writer.begin(Persistence.none, false, false);
    this.own(status);
  }

  /** Somebody took this socket for one of HTTP: the answer is for a client of HTTP. */
  protected refuseHttp(protocol: "uwsgi" | "FastCGI" | "SCGI"): void {
    const pass = `${protocol.toLowerCase()}_pass`;
    this.complain(
      `an HTTP request came to a ${protocol} socket: use http-socket for it, or ${pass} instead of proxy_pass in nginx`,
    );
    this.writer.prefix = HTTP_PREFIX;
    this.refuse(400);
  }

  protected timedOut(): void {
    this.socket.destroy();
  }

  #describe(bytes: number, environ: Buffer): RequestInfo {
    const { variables } = this;
    const address = variables.remoteAddress;
    return {
      method: variables.method,
      uri: variables.uri || variables.path,
      protocol: variables.protocol,
      remoteAddress: this.context.log?.clientOf(address, environ) ?? address,
      vars: variables.writer.count,
      bytes,
    };
  }
}
