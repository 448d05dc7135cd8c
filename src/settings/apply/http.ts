/** How the options of HTTP set the draft. */
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";
import { parseTrustedPeer } from "../trust.ts";

/** Seconds that a timer can count: 2³¹ - 1 milliseconds. */
export const longestSeconds = 2_147_483;

/** `trusted-proxy = PEER`: one more. */
export const trustedProxy: Apply<string> = (draft, value, given) => {
  const peer = parseTrustedPeer(value);
  if (!peer.ok) {
    invalid(given, value, peer.expected, "write one address, network or word on each line");
    return;
  }
  draft.places[`http.trusted.${draft.http.trusted.length}`] = given.place;
  draft.http.trusted.push(peer.value);
};

/**
 * `http-keepalive`: seconds between two requests. For uWSGI 0, and any word, is off and 1 only on; both
 * leave us our own time, because connections are always kept.
 */
export const httpKeepalive: Apply<string> = (draft, value, given) => {
  if (/^(true|on|yes)$/i.test(value)) return;
  if (/^(0*|false|off|no)$/i.test(value)) {
    given.report({
      rule: "no-effect",
      severity: "warning",
      message: `\`${given.entry.key} = ${given.entry.value}\` has no effect: HTTP keep-alive is always on`,
      span: given.span,
      help: "take the line out",
    });
    return;
  }
  const seconds = Number(value);
  if (!/^\+?\d+$/.test(value) || seconds > longestSeconds) {
    const help = "uWSGI would read only the digits in front; write a plain number";
    invalid(given, value, `a number of seconds up to ${longestSeconds}`, help);
    return;
  }
  draft.http.keepalive = seconds > 1 ? seconds : 0;
  draft.places["http.keepalive"] = given.place;
};

/** `http-manage-expect`: bytes; for uWSGI 1 (which its name alone stands for) is only on, as here it always is. */
export const manageExpect: Apply<string> = (draft, value, given) => {
  if (/^(true|on|yes|false|off|no|)$/i.test(value)) return;
  const bytes = Number(value);
  if (!/^\+?\d+$/.test(value) || !Number.isSafeInteger(bytes)) {
    const help = "uWSGI would read only the digits in front; write a plain number";
    invalid(given, value, "a number of bytes", help);
    return;
  }
  draft.http.expectLimit = bytes > 1 ? bytes : 0;
  draft.places["http.expectLimit"] = given.place;
};

/** A token, the colon and a value of visible characters, blanks and tabs (RFC 9110 5.1, 5.5). */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\p{Cc}]*)$/u;
/** What the server decides for each answer, so that a constant would contradict it. */
const FRAMING =
  /^(connection|content-length|date|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

/** `add-header = Name: value`: one more field of every answer. */
export const addHeader: Apply<string> = (draft, value, given) => {
  const [, name, content] = FIELD.exec(value) ?? [];
  if (name === undefined || content === undefined) {
    const help = "write it as it is to be sent, e.g. `X-Frame-Options: DENY`";
    invalid(given, value, "a header field, `Name: value`, without control characters", help);
    return;
  }
  if (FRAMING.test(name)) {
    const help = "take the line out: the server sends that field where it is right";
    invalid(given, value, `another field than \`${name}\``, help);
    return;
  }
  draft.places[`http.addHeaders.${draft.http.addHeaders.length}`] = given.place;
  draft.http.addHeaders.push(`${name}: ${content.trimEnd()}`);
};

/** `rem-header = Name`: one more field that the application's answers do not keep. */
export const remHeader: Apply<string> = (draft, value, given) => {
  draft.places[`http.remHeaders.${draft.http.remHeaders.length}`] = given.place;
  draft.http.remHeaders.push(value.toLowerCase());
};

function invalid(given: Given, value: string, expected: string, help: string): void {
  given.report({
    rule: "invalid-value",
    severity: "error",
    message: `\`${given.entry.key} = ${value}\`: expected ${expected}`,
    span: given.span,
    help,
  });
}
