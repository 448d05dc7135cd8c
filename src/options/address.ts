/** Socket addresses as uWSGI writes them: `host:port`, `:port`, `[v6]:port`, a path, `@abstract`, `fd://N`. */
import type { Parsed } from "./value.ts";
import { expected, parsed } from "./value.ts";

/** A TCP address, a Unix socket path, or a Linux abstract socket name (without the `@`). */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly family: 4 | 6 }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "abstract"; readonly name: string };

/**
 * Where to listen: an address, of which a host such as `192.168.*` is the first of this machine that begins
 * so, or the descriptor of a socket that whoever starts the server has bound.
 */
export type ListenAddress = Address | { readonly kind: "fd"; readonly fd: number };

/** Bytes of a Unix socket's path or abstract name: sun_path has 108, one of them ends it or marks it abstract. */
export const maxUnixPathBytes = 107;

const highestPort = 65_535;

/**
 * Reads an address. As in uWSGI a colon makes it TCP (`/a:1` too), `:port` is every IPv4 address, and
 * anything without a colon is the path of a Unix socket. Unlike uWSGI, which drops what follows the
 * digits of the port, wraps ports above 65535 and assigns one where none is given, all must be right.
 * `\0name` with these two characters is an abstract name too.
 * @returns the address, where `:port` and `*:port` have the host `0.0.0.0`
 */
export function parseAddress(text: string): Parsed<Address> {
  if (text === "") return expected("an address: `host:port`, `:port` or a path");
  if (/^=\d/.test(text)) return expected("an address of its own, and no shared socket");
  if (/^[a-z]+:\/\//.test(text)) return expected("an address without a scheme");
  const colon = text.lastIndexOf(":");
  return colon < 0 ? unixAddress(text) : tcpAddress(text.slice(0, colon), text.slice(colon + 1));
}

/** Reads where to listen: an address, `fd://N`, or a pattern such as `192.168.*:80` (uWSGI's autoip). */
export function parseListenAddress(text: string): Parsed<ListenAddress> {
  if (text.startsWith("fd://")) {
    const descriptor = /^fd:\/\/(\d{1,7})$/.exec(text)?.[1];
    if (descriptor === undefined) return expected("a file descriptor's number after `fd://`");
    return parsed({ kind: "fd", fd: Number(descriptor) });
  }
  const pattern = /^((?:\d{1,3}\.){1,3})\*(:.*)$/.exec(text);
  if (pattern === null) return parseAddress(text);
  // Whatever stands for the `*`, the port has to be right.
  const [, prefix = "", rest = ""] = pattern;
  const address = parseAddress(`0.0.0.0${rest}`);
  if (!address.ok || address.value.kind !== "tcp") return address;
  return parsed({ ...address.value, host: `${prefix}*` });
}

function unixAddress(text: string): Parsed<Address> {
  const mark = /^(?:@|\\0)/.exec(text)?.[0] ?? "";
  const abstract = mark !== "";
  const name = text.slice(mark.length);
  if (abstract && name === "") return expected(`a name after \`${mark}\``);
  if (name.includes("\0")) return expected("a path without NUL");
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > maxUnixPathBytes) {
    return expected(`a path of at most ${maxUnixPathBytes} bytes (this one has ${bytes})`);
  }
  return parsed(abstract ? { kind: "abstract", name } : { kind: "unix", path: name });
}

function tcpAddress(host: string, portText: string): Parsed<Address> {
  const port = Number(portText);
  if (!/^\d{1,5}$/.test(portText) || port > highestPort) {
    return expected(`a port from 0 to ${highestPort} after the last \`:\``);
  }
  if (host === "" || host === "*") return parsed({ kind: "tcp", host: "0.0.0.0", port, family: 4 });
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  if (bracketed !== undefined) {
    if (isIPv6(bracketed)) return parsed({ kind: "tcp", host: bracketed, port, family: 6 });
    return expected("an IPv6 address between the brackets");
  }
  if (isIPv6(host)) return expected(`an IPv6 address in brackets: \`[${host}]:${portText}\``);
  if (isHostName(host)) return parsed({ kind: "tcp", host, port, family: 4 });
  return expected("a host name or an IP address before the `:`");
}

/** RFC 4291 text forms, without a zone; the address parser of URLs knows them all. */
export function isIPv6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);
}

/** Four decimal numbers, without zeros in front: some read those as octal. */
export function isIPv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

/** RFC 1123 names, with the underscore that service names of containers have; dotted numbers must be IPv4. */
function isHostName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) {
    return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(host);
  }
  if (host.length > 253) return false;
  return /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.(?!$)|\.?$))+$/.test(host);
}

/** An address in uWSGI's way of writing; what `parseAddress` reads back. */
export function formatAddress(address: ListenAddress): string {
  switch (address.kind) {
    case "tcp":
      return `${address.family === 6 ? `[${address.host}]` : address.host}:${address.port}`;
    case "unix":
      return address.path;
    case "abstract":
      return `@${address.name}`;
    case "fd":
      return `fd://${address.fd}`;
  }
}
