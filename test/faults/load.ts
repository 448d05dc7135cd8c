/** Clients that go on whatever happens to the server, and an exact account of what became of each request. */
import { setTimeout as sleep } from "node:timers/promises";
import { HttpConnection } from "../helpers/http.ts";
import type { Target } from "../helpers/target.ts";
import { within } from "../helpers/until.ts";

/** Pause of a client between two requests, milliseconds: the machine is not to be the fault. */
const pauseMs = 8;
/** A request that has no answer by then counts as lost, milliseconds. */
const patienceMs = 20_000;
/** Pause after a failure, milliseconds: a server that is gone is not to be flooded. */
const afterFailureMs = 20;
/** Statuses that say honestly that the server failed. */
const honest = new Set([500, 502, 503, 504]);

/** What became of the requests. */
export interface Account {
  sent: number;
  /** Answered with 200 and this very request's words. */
  right: number;
  /** Answered with 500, 502, 503 or 504. */
  failed: number;
  /** No answer: refused, closed or reset before it was complete, or none in time. */
  lost: number;
  /** Anything else: another request's words, another status. Never right. */
  wrong: number;
  /** What the lost and wrong ones met, for messages; the first few. */
  readonly notes: string[];
}

/** A load that runs. */
export interface Load {
  readonly account: Account;
  /** Right answers in a row, over all clients. */
  readonly streak: () => number;
  /** Ends when every client has its last answer. */
  readonly stop: () => Promise<Account>;
}

/** How clients behave. */
export interface LoadOptions {
  readonly clients?: number;
  /** One connection for all requests of a client; otherwise one each. */
  readonly keepAlive?: boolean;
}

/** Starts clients that send GET and POST in turn, each with words of its own that the answer has to repeat. */
export function startLoad(target: Target, options: LoadOptions = {}): Load {
  const { clients = 4, keepAlive = true } = options;
  const account: Account = { sent: 0, right: 0, failed: 0, lost: 0, wrong: 0, notes: [] };
  const state = { stopped: false, streak: 0 };
  const runs = Array.from({ length: clients }, (_, id) => {
    return new Client(target, id, keepAlive, account, state).run();
  });
  return {
    account,
    streak: () => state.streak,
    stop: async () => {
      state.stopped = true;
      await Promise.all(runs);
      return account;
    },
  };
}

class Client {
  readonly #target: Target;
  readonly #id: number;
  readonly #keepAlive: boolean;
  readonly #account: Account;
  readonly #state: { stopped: boolean; streak: number };
  #connection: HttpConnection | undefined;

  constructor(
    target: Target,
    id: number,
    keepAlive: boolean,
    account: Account,
    state: { stopped: boolean; streak: number },
  ) {
    this.#target = target;
    this.#id = id;
    this.#keepAlive = keepAlive;
    this.#account = account;
    this.#state = state;
  }

  async run(): Promise<void> {
    for (let number = 0; !this.#state.stopped; number++) {
      const answered = await this.#one(`${this.#id}-${number}`, number % 3 === 2);
      await sleep(answered ? pauseMs : afterFailureMs);
    }
    this.#leave();
  }

  /** @returns whether there was an answer */
  async #one(words: string, posts: boolean): Promise<boolean> {
    const account = this.#account;
    account.sent++;
    try {
      this.#connection ??= await HttpConnection.open(this.#target);
      const path = `/echo?${words}`;
      const wanted = posts ? { method: "POST", path, body: `body of ${words}` } : { path };
      const headers = this.#keepAlive ? [] : [["Connection", "close"] as const];
      const request = this.#connection.request({ ...wanted, headers });
      const response = await within("an answer", request, patienceMs);
      const right = posts ? `${words} body of ${words}` : `${words} `;
      this.#count(response.status, response.text() === right, `${response.status} ${words}`);
      if (!this.#keepAlive || response.header("connection")?.toLowerCase() === "close")
        this.#leave();
      return true;
    } catch (error) {
      account.lost++;
      this.#state.streak = 0;
      this.#note(`${words}: ${error instanceof Error ? error.message : error}`);
      this.#leave();
      return false;
    }
  }

  #count(status: number, isRight: boolean, what: string): void {
    const account = this.#account;
    this.#state.streak = status === 200 && isRight ? this.#state.streak + 1 : 0;
    if (status === 200 && isRight) account.right++;
    else if (honest.has(status)) account.failed++;
    else {
      account.wrong++;
      this.#note(`wrong: ${what}`);
    }
  }

  #note(text: string): void {
    if (this.#account.notes.length < 5) this.#account.notes.push(text);
  }

  #leave(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}
