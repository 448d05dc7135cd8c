/** Settings of the bodies of requests and answers. */

export interface BodySettings {
  /** Applications get no wsgi.file_wrapper. */
  readonly disableFileWrapper: boolean;
  /** Bytes of a request's body above which it goes to a file; 0: the application reads it as it comes. */
  readonly postBuffering: number;
}

/** uWSGI's defaults. */
export function defaultBodies(): { -readonly [K in keyof BodySettings]: BodySettings[K] } {
  return { disableFileWrapper: false, postBuffering: 0 };
}
