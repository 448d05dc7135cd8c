/** Settings of uWSGI's internal routing: the rules as plain data, checked when the configuration is read. */

/**
 * One piece of a template: text, a group of the rule's regular expression (0 is all that matched), or
 * `${…}`, whose inside may have groups itself.
 */
export type Part =
  | string
  | { readonly group: number }
  | { readonly name: readonly (string | { readonly group: number })[] };

/** Text with `$1` and `${VAR}` in it; text is one character a byte. */
export type Template = readonly Part[];

/** A JavaScript regular expression over text with one character a byte. */
export interface RoutePattern {
  readonly source: string;
  readonly flags: string;
}

/** What is asked about a file. */
export type FileTest = "exists" | "isfile" | "isdir" | "islink" | "isexec";

/** How two texts are compared; the last four as numbers. */
export type Comparison =
  | "equal"
  | "startswith"
  | "endswith"
  | "contains"
  | "ipv4in"
  | "ipv6in"
  | "higher"
  | "higherequal"
  | "lower"
  | "lowerequal";

/** When a rule applies. */
export type RouteTest =
  | { readonly test: "always" }
  | { readonly test: "match"; readonly variable: string; readonly pattern: RoutePattern }
  | { readonly test: "status"; readonly status: number }
  | { readonly test: "file"; readonly kind: FileTest; readonly path: Template }
  | { readonly test: "empty"; readonly text: Template }
  | { readonly test: "regexp"; readonly text: Template; readonly pattern: RoutePattern }
  | {
      readonly test: "compare";
      readonly how: Comparison;
      readonly left: Template;
      readonly right: Template;
    };

/** Who may pass a `basicauth`: one user, or those of a file. `path` is absolute. */
export type Credentials =
  | { readonly kind: "user"; readonly name: string; readonly password: string }
  | { readonly kind: "file"; readonly path: string };

/** What a rule does. */
export type RouteAction =
  /** `last`, `continue`: no more rules. */
  | { readonly do: "continue" }
  /** Ends the request; with a status by an answer without a body. */
  | { readonly do: "break"; readonly status: string }
  /** Ends the request with the status and its usual text. */
  | { readonly do: "return"; readonly status: number }
  | { readonly do: "goto"; readonly label: Template }
  | { readonly do: "log"; readonly text: Template }
  | { readonly do: "donotlog" }
  /** The application's time for this request, beside `harakiri`. */
  | { readonly do: "harakiri"; readonly seconds: number }
  | { readonly do: "nothing" }
  | { readonly do: "set"; readonly variable: string; readonly value: Template }
  /** REMOTE_USER, up to the first colon. */
  | { readonly do: "setuser"; readonly value: Template }
  /** UWSGI_APPID, and no more rules. */
  | { readonly do: "app"; readonly id: string }
  /** Takes SCRIPT_NAME's length off PATH_INFO. */
  | { readonly do: "fixpathinfo" }
  | {
      readonly do: "math";
      readonly operator: "+" | "-" | "*" | "/";
      readonly variable: string;
      readonly value: Template | undefined;
    }
  | { readonly do: "addheader"; readonly line: Template }
  | { readonly do: "delheader"; readonly name: Template }
  | { readonly do: "redirect"; readonly permanent: boolean; readonly to: Template }
  | { readonly do: "rewrite"; readonly last: boolean; readonly to: Template }
  /** An answer of the rules' own begins: `clearheaders`, then `send`. */
  | { readonly do: "begin"; readonly status: Template }
  | { readonly do: "send"; readonly text: Template; readonly newline: boolean }
  | { readonly do: "static"; readonly next: boolean; readonly path: Template }
  | {
      readonly do: "file";
      readonly next: boolean;
      readonly path: Template;
      readonly status: Template;
      readonly type: string;
      /** The type is that of the file's ending, if it has one. */
      readonly mime: boolean;
    }
  | {
      readonly do: "basicauth";
      /** A wrong password is no end: the next rule may know better. */
      readonly next: boolean;
      readonly realm: string;
      readonly who: Credentials;
    }
  | {
      readonly do: "http";
      readonly address: Template;
      /** In place of the request's. */
      readonly host: string | undefined;
      readonly uri: Template | undefined;
    }
  | {
      readonly do: "uwsgi";
      readonly address: Template;
      readonly modifier1: number;
      readonly modifier2: number;
      readonly appId: string | undefined;
    };

/** One line of the table: a label, or a rule. */
export type Route =
  | { readonly label: string }
  | { readonly when: RouteTest; readonly not: boolean; readonly action: RouteAction };

/** `route`, `error-route`, `response-route`, `final-route`. */
export type RouteStage = "request" | "error" | "response" | "final";

/** Rules by stage, and pages for answers of the server's own. */
export interface RouteSettings {
  readonly request: readonly Route[];
  /** When an answer's status is known. */
  readonly error: readonly Route[];
  /** When an answer's head is to go out. */
  readonly response: readonly Route[];
  /** When an answer is complete. */
  readonly final: readonly Route[];
  /** `error-page-500 = file`: absolute; the first that can be read is used. */
  readonly pages: readonly { readonly status: number; readonly path: string }[];
}

/** No rules. */
export function noRoutes(): {
  request: Route[];
  error: Route[];
  response: Route[];
  final: Route[];
  pages: { readonly status: number; readonly path: string }[];
} {
  return { request: [], error: [], response: [], final: [], pages: [] };
}

/** Whether there is anything to do about a request or its answer. */
export function hasRoutes(routes: RouteSettings): boolean {
  const { request, error, response, final, pages } = routes;
  return [request, error, response, final, pages].some((list) => list.length > 0);
}

/** With the paths of password files and pages made absolute. */
export function finishRoutes(
  routes: RouteSettings,
  inChdir: (path: string) => string,
): RouteSettings {
  return {
    ...routes,
    request: routes.request.map((route) => {
      if ("label" in route || route.action.do !== "basicauth" || route.action.who.kind !== "file")
        return route;
      const who = { kind: "file", path: inChdir(route.action.who.path) } as const;
      return { ...route, action: { ...route.action, who } };
    }),
    pages: routes.pages.map(({ status, path }) => ({ status, path: inChdir(path) })),
  };
}
