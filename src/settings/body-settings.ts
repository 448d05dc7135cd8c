/** Settings of the bodies of requests and answers. */

export interface BodySettings {
  /** Applications get no wsgi.file_wrapper. */
  readonly disableFileWrapper: boolean;
  /** Bytes of a request's body above which it goes to a file; 0: the application reads it as it comes. */
  readonly postBuffering: number;
  /** Answers whose client went away are not told in the log. */
  readonly ignoreWriteErrors: boolean;
  /** Parts of an answer that may be given after its client went away, before the application is stopped. */
  readonly writeErrorsTolerance: number;
  /** The application is never stopped for that. */
  readonly disableWriteException: boolean;
}

/** uWSGI's defaults. */
export function defaultBodies(): { -readonly [K in keyof BodySettings]: BodySettings[K] } {
  return {
    disableFileWrapper: false,
    postBuffering: 0,
    ignoreWriteErrors: false,
    writeErrorsTolerance: 0,
    disableWriteException: false,
  };
}
