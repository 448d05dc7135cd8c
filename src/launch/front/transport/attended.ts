/** What has deadlines in the front, and how long those are. */

/** How long the client of a connection may take over what, milliseconds; decided once for a socket. */
export interface ConnectionTimeouts {
  readonly idleMs: number;
  readonly headMs: number;
  readonly bodyMs: number;
  readonly writeMs: number;
  /** How long the application may be silent, should that be bounded; 0: for ever. */
  readonly answerMs: number;
}

/** How long a connection may take over what where nothing else is configured; milliseconds. */
export const Timeouts = {
  /** Between two requests. Longer than load balancers keep theirs (60 s), so that they close first. */
  idleMs: 75_000,
  /** From the first byte of a head to its last. */
  headMs: 30_000,
  /** Between two reads of a body. */
  bodyMs: 60_000,
  /** Without a byte taken of an answer. */
  writeMs: 60_000,
  answerMs: 0,
  /**
   * For a client that has got its answer to close too, or to send more of a body that nobody wants: that
   * is thrown away, because a close with bytes unread is a reset, which may eat the answer.
   */
  lingerMs: 2_000,
  /** The same in all. */
  lingerTotalMs: 30_000,
} as const;

/** What has deadlines, and ends when the server does. */
export interface Attended {
  /** To be called about every second. */
  sweep(now: number): void;
  /** The server drains: end if nothing is in hand. */
  drain(): void;
  /** The client has not sent anything yet. */
  readonly silent: boolean;
  /** Makes room for another, if nothing is in hand. Whether it did, or had already. */
  giveWay(): boolean;
}
