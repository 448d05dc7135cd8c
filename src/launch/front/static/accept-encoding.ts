/** Which content codings a client takes (RFC 9110 12.5.3). */

/**
 * Whether an Accept-Encoding field allows a coding: it names it, or `*`, with a weight above 0. uWSGI looks
 * for the name anywhere in the field, and so sends gzip to a client that says `gzip;q=0`.
 * @param field undefined where there is none: then nothing but the file as it is should be sent
 */
export function acceptsCoding(field: string | undefined, coding: string): boolean {
  let any = false;
  for (const element of field?.split(",") ?? []) {
    const [name = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase());
    const accepted = !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (name === coding) return accepted;
    if (name === "*") any = accepted;
  }
  return any;
}
