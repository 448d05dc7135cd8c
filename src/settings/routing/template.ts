/** The text of a route's argument as a template, split as uWSGI replaces: groups first, then variables. */
import { Buffer } from "node:buffer";
import type { Part, Template } from "./route-settings.ts";

/** What is wrong with a piece of a route, and where: `start` and `end` count characters of that piece. */
export interface Fault {
  readonly message: string;
  readonly help: string;
  readonly start: number;
  readonly end: number;
}

/** A value, or the fault. */
export type Checked<T> = { readonly ok: T } | { readonly fault: Fault };

/** The functions of `${name[key]}`. */
const functions = ["cookie", "qs", "mime", "uwsgi", "time", "httptime", "base64", "hex"];
const uwsgiKeys = ["pid", "uuid", "status", "rtime", "rsize", "sor"];
const timeKeys = ["unix", "micros"];

/** One character a byte, as the texts of requests are. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

type Token = { readonly char: string; readonly at: number } | { readonly group: number };

/**
 * Reads a template.
 * @param groups `$1` stands for a group; else, as in conditions, it is only text
 */
export function parseTemplate(text: string, groups: boolean): Checked<Template> {
  const tokens = groups ? groupTokens(text) : characters(text);
  const parts: Part[] = [];
  const add = (piece: string) => {
    const last = parts.at(-1);
    if (typeof last === "string") parts[parts.length - 1] = last + bytesOf(piece);
    else parts.push(bytesOf(piece));
  };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if ("group" in token) {
      parts.push(token);
      continue;
    }
    const next = tokens[at + 1];
    if (token.char !== "$" || next === undefined) {
      add(token.char);
      continue;
    }
    if ("group" in next || next.char !== "{") {
      // As in uWSGI a dollar takes the next character with it, even another dollar.
      add("$");
      if ("group" in next) parts.push(next);
      else add(next.char);
      at++;
      continue;
    }
    const end = tokens.findIndex(
      (one, index) => index > at + 1 && "char" in one && one.char === "}",
    );
    if (end < 0) return unclosed(text, token.at);
    const name = nameOf(tokens.slice(at + 2, end));
    const fault = checkName(name, token.at, text);
    if (fault !== undefined) return { fault };
    parts.push({ name });
    at = end;
  }
  return { ok: parts };
}

function characters(text: string): Token[] {
  return Array.from(text, (char, at) => ({ char, at }));
}

/** uWSGI drops a dollar at the end, and puts nothing for a group that there is none of. */
function groupTokens(text: string): Token[] {
  const plain = characters(text);
  const tokens: Token[] = [];
  for (let at = 0; at < plain.length; at++) {
    const token = plain[at];
    const next = plain[at + 1];
    if (token === undefined || !("char" in token) || token.char !== "$") {
      if (token !== undefined) tokens.push(token);
    } else if (next !== undefined && "char" in next) {
      if (/\d/.test(next.char)) tokens.push({ group: Number(next.char) });
      else tokens.push(token, next);
      at++;
    }
  }
  return tokens;
}

function nameOf(tokens: readonly Token[]): (string | { group: number })[] {
  const name: (string | { group: number })[] = [];
  for (const token of tokens) {
    const last = name.at(-1);
    if ("group" in token) name.push(token);
    else if (typeof last === "string") name[name.length - 1] = last + bytesOf(token.char);
    else name.push(bytesOf(token.char));
  }
  return name;
}

function unclosed(text: string, start: number): { fault: Fault } {
  return {
    fault: {
      message: "the brace after the dollar is not closed",
      help: `write \`\${NAME}\``,
      start,
      end: text.length,
    },
  };
}

function checkName(
  name: readonly (string | { group: number })[],
  start: number,
  text: string,
): Fault | undefined {
  const [first = "", ...rest] = name;
  if (typeof first !== "string") return undefined;
  const [, called, key = ""] = /^([^[]*)\[(.*)$/.exec(first) ?? [];
  if (called === undefined) return undefined;
  const last = name.at(-1);
  if (typeof last !== "string" || !last.endsWith("]")) return undefined;
  const end = text.indexOf("}", start) + 1;
  const fault = (message: string, help: string): Fault => ({ message, help, start, end });
  if (!functions.includes(called)) {
    return fault(
      `tsuwsgi has no function \`${called}\` for \`\${${called}[…]}\``,
      `use one of ${functions.map((one) => `\`${one}\``).join(", ")}`,
    );
  }
  const keys = called === "uwsgi" ? uwsgiKeys : called === "time" ? timeKeys : undefined;
  if (keys === undefined || rest.length > 0 || keys.includes(key.slice(0, -1))) return undefined;
  return fault(
    `\`\${${called}[${key}}\` is not known to tsuwsgi`,
    `use one of ${keys.map((one) => `\`${called}[${one}]\``).join(", ")}`,
  );
}
