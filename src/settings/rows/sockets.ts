/** Rows of the option table. Listening sockets. */
import { listeningSocket, statsAddress } from "../apply/address.ts";
import { chmodSocket } from "../apply/text.ts";
import type { HonouredOption } from "../option.ts";
import { integer, text } from "../option.ts";

/** In the order of the documentation. */
export const socketRows: readonly HonouredOption[] = [
  ...(["http", "http-socket"] as const).map((name) =>
    text({
      name,
      summary: "Address on which to serve HTTP; Unix socket paths are relative to chdir.",
      expected: "an address such as `127.0.0.1:8080`, `:8080` or a path",
      repeats: true,
      apply: listeningSocket(name),
    }),
  ),
  ...["socket", "uwsgi-socket"].map((name) =>
    text({
      name,
      summary: "Address on which to serve the uwsgi protocol; paths are relative to chdir.",
      expected: "an address such as `127.0.0.1:3031` or a path",
      repeats: true,
      apply: listeningSocket("uwsgi"),
    }),
  ),
  text({
    name: "chmod-socket",
    summary: "Permissions of Unix sockets, three octal digits; `1` is 666.",
    expected: "three octal digits such as `660`",
    pattern: "^(1|[0-7]{3})$",
    bare: "1",
    apply: chmodSocket,
  }),
  integer(
    "listen",
    "listen",
    { minimum: 1, maximum: 2_147_483_647, default: 100 },
    "Connections that may wait to be accepted.",
  ),
  text({
    name: "stats",
    summary: "Address of the statistics server; implies master.",
    expected: "an address such as `127.0.0.1:9191` or a path",
    apply: statsAddress,
  }),
];
