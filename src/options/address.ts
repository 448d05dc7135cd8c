/** Socket addresses as uWSGI writes them: `host:port`, `:port`, `[v6]:port`, a path, `@abstract`. */

/** A TCP address, a Unix socket path, or a Linux abstract socket name (without the `@`). */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly family: 4 | 6 }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "abstract"; readonly name: string };
