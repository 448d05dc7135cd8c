/** An answer on its way to the client where there are routes: the later tables see it, and may change it. */
import type { RouteSettings } from "../../../settings/routing/route-settings.ts";
import { Flag } from "../../protocol/frame.ts";
import { ownAnswer } from "../../protocol/response.ts";
import { editHead, headOf } from "../../routing/edit-head.ts";
import {
  bodyOf,
  evaluate,
  plainAnswer,
  type RouteAnswer,
  type RouteOutcome,
} from "../../routing/evaluate.ts";
import type { RouteScope } from "../../routing/scope.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { type FileSink, sendFile } from "../exchange/file-answer.ts";
import type { FileAnswer, Waiting } from "../exchange/waiting.ts";
import { openPlain } from "./open-plain.ts";

const NOTHING = Buffer.alloc(0);

/** The later tables, and the pages of the server's own answers. */
export interface AnswerTables {
  readonly routes: RouteSettings;
  readonly pages: ReadonlyMap<number, Buffer>;
}

/** A whole answer, or its beginning. */
interface Piece {
  readonly status: number;
  readonly flags: number;
  readonly head: Buffer;
  readonly body: Buffer;
  readonly complete: boolean;
  /** The body is in a file, which is to be closed if it is not sent. */
  readonly file?: FileAnswer;
}

type Step = (piece: Piece) => void;

/** Stands between whoever answers and the connection. */
export class RoutedAnswer implements Waiting {
  readonly #client: Waiting;
  readonly #tables: AnswerTables;
  readonly #scope: RouteScope;
  readonly #exchange: Exchange;
  readonly #sink: FileSink;
  readonly #headOnly: boolean;
  /** The tables are done with the answer, or it is none of theirs. */
  #through = false;
  /** Another answer is given in its place: what comes of it is dropped. */
  #replaced = false;

  /** @param headOnly the client wants no body */
  constructor(
    tables: AnswerTables,
    scope: RouteScope,
    exchange: Exchange,
    sink: FileSink,
    headOnly: boolean,
  ) {
    this.#tables = tables;
    this.#scope = scope;
    this.#exchange = exchange;
    this.#sink = sink;
    this.#headOnly = headOnly;
    this.#client = new Finale(exchange.waiting, tables, scope, exchange);
    exchange.waiting = this;
  }

  /** The answer is another server's, and is passed on as it is. */
  passThrough(): void {
    this.#through = true;
  }

  /** Gives an answer of the request's routes. */
  give(answer: RouteAnswer): void {
    this.#errors(pieceOf(answer));
  }

  /** Gives an answer of the server's own, for which there may be a page. */
  giveOwn(status: number): void {
    this.#errors(ownPiece(status));
  }

  /** Gives a file, or 404 when there is none. */
  giveFile(outcome: FileOutcome): void {
    this.#file(outcome, (piece) => this.#errors(piece));
  }

  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    if (this.#replaced) return;
    const piece = { status, flags, head, body, complete };
    if (this.#through) this.#client.answer(status, flags, head, body, complete);
    else this.#errors(piece);
  }

  data(flags: number, part: Buffer, complete: boolean, kept?: boolean): void {
    if (!this.#replaced) this.#client.data(flags, part, complete, kept);
  }

  file(answer: FileAnswer): void {
    const { status, flags, head } = answer;
    if (this.#replaced || answer.file === undefined) answer.file?.close();
    if (this.#replaced) return;
    if (answer.file === undefined) this.fail(500);
    else this.#errors({ status, flags, head, body: NOTHING, complete: false, file: answer });
  }

  fail(status: number): void {
    if (this.#replaced) return;
    if (this.#through) {
      this.#client.fail(status);
      return;
    }
    const { head, body } = ownAnswer(status, status === 503 ? "Retry-After: 1\r\n" : "");
    this.#errors({ status, flags: Flag.length | Flag.exception, head, body, complete: true });
  }

  pauseBody(): void {
    this.#client.pauseBody();
  }

  resumeBody(): void {
    this.#client.resumeBody();
  }

  /** The status is known: `error-route`, then the server's own pages. */
  #errors(piece: Piece): void {
    this.#through = true;
    this.#scope.status = piece.status;
    this.#apply("error", piece, (next) => {
      this.#responses(withPage(next, this.#tables.pages));
    });
  }

  /** The head is to go out: `response-route`. */
  #responses(piece: Piece): void {
    this.#scope.status = piece.status;
    this.#apply("response", piece, (next) => this.#send(next));
  }

  #apply(stage: "error" | "response", piece: Piece, next: Step): void {
    const outcome = evaluate(this.#tables.routes[stage], this.#scope);
    if (outcome.kind === "continue") next(piece);
    else this.#instead(outcome, piece, stage === "error" ? (one) => this.#responses(one) : next);
  }

  #instead(outcome: RouteOutcome, piece: Piece, next: Step): void {
    this.#replaced = true;
    piece.file?.file?.close();
    // An application that goes on and on is told that nobody listens.
    if (!piece.complete) this.#exchange.abandon();
    if (outcome.kind === "answer") next(pieceOf(outcome.answer));
    else if (outcome.kind === "file" || outcome.kind === "static")
      this.#file(outcome.kind === "file" ? outcome : asFile(outcome, this.#scope), next);
    else next(pieceOf(plainAnswer(500))); // the settings let no other through
  }

  #file(outcome: FileOutcome, next: Step): void {
    this.#sendFile(outcome, next).catch(() => {
      if (!this.#sink.closed) this.#client.fail(500);
    });
  }

  async #sendFile({ path, status, type }: FileOutcome, next: Step): Promise<void> {
    const found = path === undefined ? undefined : await openPlain(path);
    if (this.#sink.closed) {
      await found?.handle.close();
      return;
    }
    if (found === undefined) {
      const { pages } = this.#tables;
      next(withPage(ownPiece(404), pages));
      return;
    }
    const { handle, size } = found;
    try {
      const answer = { status, fields: [`Content-Type: ${type}`], body: "", close: false };
      const complete = size === 0 || this.#headOnly;
      next({
        ...headOf(answer, size),
        status: Number(status.slice(0, 3)),
        body: NOTHING,
        complete,
      });
      if (!complete) await sendFile(handle, 0, size, this.#sink, this.#client);
    } finally {
      await handle.close();
    }
  }

  #send(piece: Piece): void {
    const { head, flags } = editHead(piece, this.#scope);
    if (piece.file) this.#client.file({ ...piece.file, head, flags });
    else this.#client.answer(piece.status, flags, head, piece.body, piece.complete);
  }
}

type FileOutcome = Extract<RouteOutcome, { kind: "file" }>;

/** Of an answer that was there already a static file is only its bytes. */
function asFile(
  { path }: Extract<RouteOutcome, { kind: "static" }>,
  { world }: RouteScope,
): FileOutcome {
  const type = path === undefined ? undefined : world.mime(path);
  return { kind: "file", path, status: "200 OK", type: type ?? "application/octet-stream" };
}

function pieceOf(answer: RouteAnswer): Piece {
  const body = bodyOf(answer);
  const status = Number(answer.status.slice(0, 3));
  return { ...headOf(answer, body.length), status, body, complete: true };
}

/** Marked as a failure, as what a worker says of an exception. */
function ownPiece(status: number): Piece {
  const piece = pieceOf(plainAnswer(status));
  return { ...piece, flags: piece.flags | Flag.exception };
}

/** With the page for an answer of the server's own; as in uWSGI the connection is closed then. */
function withPage(piece: Piece, pages: ReadonlyMap<number, Buffer>): Piece {
  const body = piece.flags & Flag.exception ? pages.get(piece.status) : undefined;
  if (body === undefined) return piece;
  const line = piece.head.toString("latin1", 0, Math.max(piece.head.indexOf("\r\n"), 0));
  const answer = { status: line, fields: ["Content-Type: text/html"], body: "", close: true };
  return { ...piece, ...headOf(answer, body.length), body };
}

/** Counts what goes out; when the last of it does, `final-route` comes, before the log's line. */
class Finale implements Waiting {
  readonly #client: Waiting;
  readonly #tables: AnswerTables;
  readonly #scope: RouteScope;
  readonly #exchange: Exchange;
  #over = false;

  constructor(client: Waiting, tables: AnswerTables, scope: RouteScope, exchange: Exchange) {
    this.#client = client;
    this.#tables = tables;
    this.#scope = scope;
    this.#exchange = exchange;
  }

  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    this.#scope.status = status;
    this.#count(body.length, complete);
    this.#client.answer(status, flags, head, body, complete);
  }

  data(flags: number, part: Buffer, complete: boolean, kept?: boolean): void {
    this.#count(part.length, complete);
    this.#client.data(flags, part, complete, kept);
  }

  file(answer: FileAnswer): void {
    this.#scope.status = answer.status;
    this.#count(answer.size, true);
    this.#client.file(answer);
  }

  fail(status: number): void {
    if (this.#scope.sent === 0) this.#scope.status = status;
    this.#count(0, true);
    this.#client.fail(status);
  }

  pauseBody(): void {
    this.#client.pauseBody();
  }

  resumeBody(): void {
    this.#client.resumeBody();
  }

  #count(bytes: number, complete: boolean): void {
    const scope = this.#scope;
    scope.sent += bytes;
    if (!complete || this.#over) return;
    this.#over = true;
    evaluate(this.#tables.routes.final, scope);
    if (scope.quiet) this.#exchange.info = undefined;
  }
}
