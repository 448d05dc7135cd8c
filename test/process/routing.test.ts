// biome-ignore-all lint/suspicious/noTemplateCurlyInString: uWSGI writes its variables so.
/** Routes beside the real uWSGI: the same configuration, the same requests, the same answers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Pair, startBoth } from "../helpers/beside.ts";
import { type HttpRequest, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";

/** Answers with its environ as JSON; X-Status asks for another status. */
const echo = `import json
OWN = ("SERVER_NAME", "SERVER_PORT", "REMOTE_PORT", "HTTP_CONNECTION")
def application(environ, start_response):
    said = {k: v for k, v in environ.items() if isinstance(v, str) and k not in OWN and not k.startswith("uwsgi.")}
    said["body"] = environ["wsgi.input"].read().decode("latin-1")
    start_response(environ.get("HTTP_X_STATUS", "200 OK"), [("Content-Type", "application/json"), ("X-App", "1")])
    return [json.dumps(said, sort_keys=True).encode()]
`;

const files = {
  "echo.py": echo,
  "page.html": "<b>a page</b>\n",
  "sub/deep.txt": "deep\n",
  users: "me:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\nother:{SHA}AAAA\n",
};

const auth = (text: string): [string, string] => [
  "Authorization",
  `Basic ${Buffer.from(text).toString("base64")}`,
];

type Asked = string | (HttpRequest & { readonly path: string });
const status = (path: string, text: string): Asked => ({ path, headers: [["X-Status", text]] });

const cases: readonly { readonly lines: readonly string[]; readonly asked: readonly Asked[] }[] = [
  {
    lines: [
      "route = ^/a break:403 Forbidden",
      "route = ^/c return:404",
      "route = ^/d break-with-status:418",
      "route = ^/e redirect:https://x/$1",
      "route = ^/f/(.*)/(.*)? redirect-permanent:/$2/$1/$0/$3/$$x$9${PATH_INFO}$",
      "route = ^/g break:503",
      "route = ^/h redirect-301:/${qs[a]}/${cookie[b]}/${HTTP_HOST}",
      "route-run = last:",
      "route-run = break:500 never",
    ],
    asked: [
      "/a",
      "/c",
      "/d",
      "/e",
      "/f/1/2",
      "/f/1/",
      "/g",
      "/zzz",
      "/h?a=1&b=2&a=3",
      { path: "/h?b=1&a=&a=2", headers: [["Cookie", "x=y;  b=c=d ; b=2"]] },
    ],
  },
  {
    lines: [
      "route = ^/one goto:two",
      "route-run = addvar:A=1",
      "route-label = two",
      "route-run = addvar:B=2",
      "route-if = equal:${QUERY_STRING};jump goto:${QUERY_STRING}",
      "route-if = equal:${QUERY_STRING};five goto:7",
      "route-run = addvar:C=3",
      "route-label = jump",
      "route-run = addvar:D=${A}${B}${C}",
    ],
    asked: ["/one", "/x", "/x?jump", "/x?five", "/one?jump"],
  },
  {
    lines: [
      "route = ^/a(.*)$ setpathinfo:/new$1",
      "route = ^/new setscriptname:/script",
      "route-uri = ^/a seturi:/other${REQUEST_URI}",
      "route-qs = x=(\\d+) addvar:QS=$1",
      "route-host = ^local addvar:HOST=yes",
      "route-remote-addr = ^127\\. addvar:LOCAL=${REMOTE_ADDR}",
      "route-remote-addr = ^127\\. setremoteaddr:10.1.2.3",
      "route-user-agent = (curl|wget) addvar:AGENT=$1",
      "route-referer = ^$ addvar:NOREF=1",
      "route-referer = http addvar:REF=1",
      "route = ^/m setmethod:PUT",
      "route = ^/s setscheme:https",
      "route = ^/u setuser:me",
      "route-remote-user = ^me$ addvar:USER_IS=me",
      "route = ^/d setdocroot:/srv",
    ],
    asked: [
      "/a/b?x=12",
      "/m",
      "/s",
      "/u",
      "/d",
      "/",
      {
        path: "/",
        headers: [
          ["User-Agent", "curl/7 wget"],
          ["Referer", "http://x"],
        ],
      },
      { path: "/m", method: "POST", body: "abc" },
    ],
  },
  {
    lines: [
      "route = ^/n addvar:N=5",
      "route = ^/n +:N,3",
      "route = ^/n *:N,${N}",
      "route = ^/n -:N",
      "route-run = addvar:B64=${base64[PATH_INFO]}",
      "route-run = addvar:HEX=${hex[PATH_INFO]}",
      "route-run = addvar:ST=${uwsgi[status]}",
      "route-run = addvar:NONE=[${NOPE}|$1|$a|$]",
    ],
    asked: ["/n", "/x.html", "/x.png", "/a/b.js", "/no.such"],
  },
  {
    lines: [
      "route-if = startswith:${PATH_INFO};/st addvar:A=start",
      "route-if = endswith:${PATH_INFO};.txt addvar:B=end",
      "route-if = contains:${PATH_INFO};mid addvar:C=mid",
      "route-if-not = contains:${PATH_INFO};mid addvar:D=nomid",
      "route-if = isequal:${REQUEST_METHOD};POST addvar:E=post",
      "route-if = empty:${QUERY_STRING} addvar:F=empty",
      "route-if-not = empty:${QUERY_STRING} addvar:G=query",
      "route-if = regexp:${PATH_INFO};^/(\\w+)/(\\w+) addvar:H=$2-$1",
      "route-if = >:${QUERY_STRING};10 addvar:I=higher",
      "route-if = <=:${QUERY_STRING};10 addvar:J=lowerequal",
      "route-if = ishigherequal:${QUERY_STRING};10 addvar:K=higherequal",
      "route-if = islower:${QUERY_STRING};10 addvar:L=lower",
      "route-if = ipv4in:${REMOTE_ADDR};127.0.0.0/8 addvar:M=local",
      "route-if = ipv4in:${REMOTE_ADDR};10.0.0.0/8 addvar:N=ten",
      "route-if = ipv4in:${REMOTE_ADDR};127.0.0.1 addvar:O=one",
      "route-if = ipv6in:::1;::/0 addvar:P=six",
      "route-if = ipv6in:2001:db8::1;2001:db8::/32 addvar:Q=doc",
      "route-if = eq:$1;$1 addvar:R=text",
    ],
    asked: [
      "/start/mid.txt",
      "/a/b?10",
      "/a?11",
      "/?9x",
      "/?x",
      { path: "/", method: "POST", body: "" },
      "/st?-3",
      "/?010",
    ],
  },
  {
    lines: [
      "route-if = exists:sub addvar:A=1",
      "route-if = isdir:sub addvar:B=1",
      "route-if = isfile:sub addvar:C=1",
      "route-if = isfile:.${PATH_INFO} addvar:D=1",
      "route-if-not = isfile:./${PATH_INFO} addvar:E=1",
      "route-if = islink:sub addvar:F=1",
      "route-if = isexec:/bin/sh addvar:G=1",
      "route-if = isexec:page.html addvar:H=1",
      "route = ^/f1 file:filename=page.html",
      "route = ^/f2 file:filename=page.html,status=404 Not Found,content_type=text/x-mine",
      "route = ^/f3/(.*) sendfile:filename=sub/$1",
      "route = ^/f4 fastfile-next:filename=none",
      "route = ^/f4 addvar:NEXT=1",
      "route = ^/f5 file-next:filename=page.html,status=503",
    ],
    asked: [
      "/page.html",
      "/none",
      "/f1",
      "/f2",
      "/f3/deep.txt",
      "/f4",
      "/f5",
      { path: "/f1", method: "POST", body: "x" },
      { path: "/f1", method: "HEAD" },
    ],
  },
  {
    lines: [
      "route = ^/a$ rewrite:/b?c=d",
      "route = ^/q/(.*) rewrite:/x/$1",
      "route = ^/l rewrite-last:/last?z=1",
      "route = ^/p rewrite:/%2e%2e/../p2/./q%20r",
      "route = ^/o rewrite:relative?",
      "route-run = addvar:AFTER=${PATH_INFO}?${QUERY_STRING}",
    ],
    asked: ["/a", "/a?x=y", "/q/1/2?k", "/l?old", "/p", "/o", "/o?x"],
  },
  {
    lines: [
      "route = ^/a addheader:X-A: 1${PATH_INFO}",
      "route = ^/a delheader:x-app",
      "route = ^/a/b redirect:/there",
      "route = ^/c addheader:X-C:1",
    ],
    asked: ["/a", "/a/b", "/b", "/c"],
  },
  {
    lines: [
      "response-route-run = addheader:X-R: ${uwsgi[status]}",
      "response-route-status = 404 redirect:/gone",
      "response-route-if = equal:${uwsgi[status]};410 break:503 Replaced",
      "response-route = ^/last last:",
      "response-route-run = addheader:X-Z: 1",
    ],
    asked: [
      "/a",
      status("/b", "404 Not Found"),
      status("/b", "410 Gone"),
      "/last",
      { path: "/a", method: "HEAD" },
    ],
  },
  {
    lines: [
      "route = ^/r return:404",
      "error-route-status = 404 redirect:/gone",
      "error-route-status = 500 addheader:X-E: 1",
      "error-route-status = 403 file:filename=page.html,status=403 Not You",
      "error-route-label = x",
      "error-route-if = equal:${uwsgi[status]};410 goto:y",
      "error-route-run = addheader:X-S: ${uwsgi[status]}",
      "error-route-label = y",
    ],
    asked: [
      "/a",
      "/r",
      status("/b", "404 Not Found"),
      status("/b", "500 Bad"),
      status("/b", "403 No"),
      status("/b", "410 Gone"),
    ],
  },
  {
    lines: [
      "route = ^/plain basicauth:My Realm,me:secret",
      "route = ^/file basicauth:Realm,users",
      "route = ^/two basicauth-next:Realm,me:secret",
      "route = ^/two basicauth:Realm,you:other",
    ],
    asked: ["/plain", "/file", "/two", "/open"].flatMap((path): Asked[] => [
      path,
      ...["me:secret", "me:wrong", "you:other", "me:test", "nobody", ":", "me:"].map((who) => ({
        path,
        headers: [auth(who)],
      })),
      { path, headers: [["Authorization", "Bearer abcdefgh"]] },
      { path, headers: [["Authorization", "basic bWU6c2VjcmV0"]] },
    ]),
  },
  {
    lines: [
      "route = (?i)^/AB\\h?c addvar:A=1",
      "route = ^/x$ addvar:B=1",
      "route = ^/[[:digit:]]+\\z addvar:C=1",
      "route = ^/.\\Z addvar:D=1",
      "route = ^/\\Qa.b\\E addvar:E=1",
      "route = ^/(?P<n>.)(?:.)\\1 addvar:F=$1",
      "route = ^/\\s addvar:G=1",
      "route = ^/[]x]+$ addvar:H=1",
      "route = ^/\\x41\\x{42} addvar:I=1",
      "route = ^/\u00e9 addvar:J=1",
    ],
    asked: [
      "/abc",
      "/aB%09C",
      "/x",
      "/x%0a",
      "/x%0a%0a",
      "/12",
      "/12%0a",
      "/a.b",
      "/axb",
      "/xyx",
      "/%20",
      "/%a0",
      "/]x]",
      "/AB",
      "/%c3%a9",
      "/%0d",
    ],
  },
];

/** With applications under paths: the routes see the path that is left. */
const mounted = [
  "manage-script-name = true",
  "module = echo",
  "mount = /a=echo:application",
  "mount = /a/b=echo.py",
  "route = ^/in addvar:INNER=${SCRIPT_NAME}|${PATH_INFO}|${REQUEST_URI}",
  "route = ^/app setapp:/a",
  "route = ^/name setscriptname:/a/b",
  "route = ^/fix fixpathinfo:",
  "route-if-not = empty:${SCRIPT_NAME} addvar:UNDER=${SCRIPT_NAME}",
  "route-run = addvar:EVERY=1",
];

/** Fields that the servers frame their answers with. */
const framing = new Set(["date", "server", "connection", "content-length", "transfer-encoding"]);

needs("uwsgi")("as in uWSGI", () => {
  describe.each(cases)("$lines", ({ lines, asked }) => {
    let pair: Pair;
    beforeAll(async () => {
      pair = await startBoth(files, ["module = echo", ...lines]);
    });
    afterAll(() => pair.end());

    test.each(asked)("%j", async (one) => {
      const wanted = typeof one === "string" ? { path: one } : one;
      expect(await answer(pair.ours.http, wanted)).toEqual(await answer(pair.theirs.http, wanted));
    });
  });

  describe("with mounts", () => {
    let pair: Pair;
    beforeAll(async () => {
      pair = await startBoth(files, mounted);
    });
    afterAll(() => pair.end());

    test.each(["/in", "/a/in", "/a/b/in/x", "/app", "/name", "/a/fix/xyz", "/ab/in", "/x"])(
      "%s",
      async (path) => {
        expect(await answer(pair.ours.http, { path })).toEqual(
          await answer(pair.theirs.http, { path }),
        );
      },
    );

    test.each(["/in", "/a/in", "/app", "/name"])("%s over the uwsgi protocol", async (path) => {
      const ask = async (port: number) => {
        const { status: code, text } = await uwsgiRequest(port, requestVars(path));
        return [code, JSON.parse(text())];
      };
      expect(await ask(pair.ours.uwsgi)).toEqual(await ask(pair.theirs.uwsgi));
    });
  });
});

async function answer(port: number, wanted: HttpRequest): Promise<unknown> {
  const { status: code, reason, headers, text } = await request(port, wanted);
  const fields = headers.filter(([name]) => !framing.has(name.toLowerCase())).sort();
  return { code, reason, fields, text: text() };
}
