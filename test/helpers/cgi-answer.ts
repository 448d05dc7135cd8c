/** An answer of CGI: `Status:` and fields, an empty line, the body (RFC 3875 6). */
export interface CgiAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Reads an answer; throws unless it begins with `Status:`. */
export function cgiAnswer(bytes: Buffer): CgiAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
  const status = /^Status: (\d{3}) [A-Z]/.exec(first)?.[1];
  if (end < 0 || status === undefined)
    throw new Error(`no CGI answer: ${bytes.toString("latin1", 0, 200)}`);
  const fields = lines.map((line) => {
    const [name = "", ...value] = line.split(": ");
    return [name, value.join(": ")] as const;
  });
  return { status: Number(status), fields, body: bytes.subarray(end + 4) };
}
