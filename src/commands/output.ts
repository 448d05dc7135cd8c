/** Where a command writes. */
export interface Output {
  /** Standard output. */
  readonly write: (text: string) => void;
  /** Standard error. */
  readonly error: (text: string) => void;
  /** Whether colours may be used on either: a terminal, and no NO_COLOR (https://no-color.org). */
  readonly writeColor: boolean;
  readonly errorColor: boolean;
}
