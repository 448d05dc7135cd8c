/** The actions of routes: what their arguments must be, and those that there are not. */
import { parseAddress } from "../../options/address.ts";
import { statusText } from "./http-status.ts";
import type { RouteAction, RouteStage, Template } from "./route-settings.ts";
import { suggestion } from "./suggestion.ts";
import { bytesOf, type Checked, type Fault, parseTemplate } from "./template.ts";

/** As of the option `harakiri`. */
const LONGEST_SECONDS = 2_147_483;

type Argument = { readonly name: string; readonly text: string };
type Reader = (argument: Argument) => Checked<RouteAction>;

/** Reads an action, `name:argument`. Faults count from its beginning. */
export function parseAction(text: string, stage: RouteStage): Checked<RouteAction> {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const known = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (known === undefined) return { fault: unknown(name) };
  if (colon < 0) {
    const message = `the action \`${name}\` has no colon`;
    return { fault: { message, help: `write \`${name}:\``, start: 0, end: text.length } };
  }
  const read = known({ name, text: text.slice(colon + 1) });
  if ("fault" in read) {
    const { start, end } = read.fault;
    return { fault: { ...read.fault, start: start + colon + 1, end: end + colon + 1 } };
  }
  const misplaced = stageFault(read.ok, name, stage);
  return misplaced === undefined ? read : { fault: misplaced };
}

const answering = new Set<RouteAction["do"]>([
  ...(["return", "redirect", "begin", "send", "static", "file"] as const),
  ...(["addheader", "delheader"] as const),
]);
const asking = new Set<RouteAction["do"]>([
  ...(["basicauth", "http", "uwsgi", "rewrite", "app", "harakiri"] as const),
]);

/** Some actions come too late at later stages: they would do nothing. */
function stageFault(action: RouteAction, name: string, stage: RouteStage): Fault | undefined {
  const late =
    (stage !== "request" && asking.has(action.do)) ||
    (stage === "final" && answering.has(action.do)) ||
    (stage === "final" && action.do === "break" && action.status !== "");
  if (!late) return undefined;
  const when = stage === "final" ? "the answer is complete" : "there is an answer";
  return {
    message: `\`${name}\` does nothing once ${when}`,
    help: asking.has(action.do) ? "write it as `route`" : "write it as `response-route`",
    start: 0,
    end: name.length,
  };
}

/** A reader for one template. */
function template(make: (text: Template, name: string) => RouteAction): Reader {
  return ({ name, text }) => {
    const read = parseTemplate(text, true);
    return "fault" in read ? read : { ok: make(read.ok, name) };
  };
}

function variable(name: string): Reader {
  return template((value) => ({ do: "set", variable: name, value }));
}

function plain(action: RouteAction): Reader {
  return () => ({ ok: action });
}

function fault(
  argument: string,
  message: string,
  help: string,
  start = 0,
  end = argument.length,
): { fault: Fault } {
  return { fault: { message, help, start, end } };
}

const redirect = (permanent: boolean) => template((to) => ({ do: "redirect", permanent, to }));
const remove = template((name) => ({ do: "delheader", name }));
const begin = template((status) => ({ do: "begin", status }));
const proceed = plain({ do: "continue" });

const readers: Readonly<Record<string, Reader>> = {
  last: proceed,
  continue: proceed,
  break: ({ text }) => ({ ok: { do: "break", status: text.length < 3 ? "" : bytesOf(text) } }),
  return: returnStatus,
  "break-with-status": returnStatus,
  goto: template((label) => ({ do: "goto", label })),
  log: template((text) => ({ do: "log", text })),
  donotlog: plain({ do: "donotlog" }),
  donotoffload: plain({ do: "nothing" }),
  harakiri: ({ text }) =>
    /^[1-9]\d{0,6}$/.test(text) && Number(text) <= LONGEST_SECONDS
      ? { ok: { do: "harakiri", seconds: Number(text) } }
      : fault(text, `\`${text}\` is not a number of seconds`, "write a number such as 30"),
  addvar: addVariable,
  setapp: variable("UWSGI_APPID"),
  setscriptname: variable("SCRIPT_NAME"),
  setmethod: variable("REQUEST_METHOD"),
  seturi: variable("REQUEST_URI"),
  setremoteaddr: variable("REMOTE_ADDR"),
  setpathinfo: variable("PATH_INFO"),
  setdocroot: variable("DOCUMENT_ROOT"),
  setscheme: variable("UWSGI_SCHEME"),
  setuser: template((value) => ({ do: "setuser", value })),
  fixpathinfo: plain({ do: "fixpathinfo" }),
  "+": math,
  "-": math,
  "*": math,
  "/": math,
  addheader: addHeader,
  delheader: remove,
  remheader: remove,
  clearheaders: begin,
  resetheaders: begin,
  send: template((text) => ({ do: "send", text, newline: false })),
  "send-crnl": template((text) => ({ do: "send", text, newline: true })),
  redirect: redirect(false),
  "redirect-302": redirect(false),
  "redirect-permanent": redirect(true),
  "redirect-301": redirect(true),
  rewrite: template((to) => ({ do: "rewrite", last: false, to })),
  "rewrite-last": template((to) => ({ do: "rewrite", last: true, to })),
  static: template((path) => ({ do: "static", next: false, path })),
  "static-next": template((path) => ({ do: "static", next: true, path })),
  file: file,
  "file-next": file,
  sendfile: file,
  "sendfile-next": file,
  fastfile: file,
  "fastfile-next": file,
  basicauth: basicAuth,
  "basicauth-next": basicAuth,
  http: httpProxy,
  proxyhttp: httpProxy,
  uwsgi: uwsgiProxy,
  proxyuwsgi: uwsgiProxy,
};

function returnStatus({ text }: Argument): Checked<RouteAction> {
  if (/^\d{3}$/.test(text) && statusText(Number(text)) !== undefined)
    return { ok: { do: "return", status: Number(text) } };
  return fault(text, `\`${text}\` is not a status of HTTP`, "write a number such as 404");
}

function addVariable({ name, text }: Argument): Checked<RouteAction> {
  const at = text.indexOf("=");
  if (at < 1)
    return fault(text, `\`${name}\` needs a name and a value`, `write \`${name}:NAME=value\``);
  const value = parseTemplate(text.slice(at + 1), true);
  if ("fault" in value) return shifted(value.fault, at + 1);
  if (/[.]/.test(text.slice(0, at)))
    return fault(text, "names with a dot are WSGI's own", "choose another name", 0, at);
  return { ok: { do: "set", variable: bytesOf(text.slice(0, at)), value: value.ok } };
}

function math({ name, text }: Argument): Checked<RouteAction> {
  const [variableName = "", ...rest] = text.split(",");
  if (variableName === "" || !isOperator(name))
    return fault(text, `\`${name}\` needs a variable`, `write \`${name}:NAME,1\``);
  if (rest.length === 0)
    return { ok: { do: "math", operator: name, variable: variableName, value: undefined } };
  const value = parseTemplate(rest.join(","), true);
  if ("fault" in value) return shifted(value.fault, variableName.length + 1);
  return { ok: { do: "math", operator: name, variable: variableName, value: value.ok } };
}

function isOperator(name: string): name is "+" | "-" | "*" | "/" {
  return ["+", "-", "*", "/"].includes(name);
}

/** Fields that frame an answer or its connection are the server's. */
const framing = /^(connection|content-length|keep-alive|transfer-encoding|upgrade|trailer|te)$/i;

function addHeader({ text }: Argument): Checked<RouteAction> {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0));
  if (colon < 0 && !text.includes("$"))
    return fault(text, `\`${text}\` is not a header field`, "write `addheader:Name: value`");
  if (framing.test(name))
    return fault(text, `\`${name}\` is the server's to set`, "take it out", 0, colon);
  if (colon >= 0 && !name.includes("$") && !/^[\w!#%&'*+.^`|~-]+$/.test(name))
    return fault(
      text,
      `\`${name}\` is not the name of a header field`,
      "write `addheader:Name: value`",
      0,
      colon,
    );
  return template((line) => ({ do: "addheader", line }))({ name: "addheader", text });
}

function shifted({ start, end, ...rest }: Fault, by: number): { fault: Fault } {
  return { fault: { ...rest, start: start + by, end: end + by } };
}

const fileKeys = new Set([
  ...["filename", "status", "content_type", "mime"],
  ...["nocl", "no_cl", "no_content_length", "no_headers"],
]);

/** `filename=…,status=…,content_type=…,mime=1`; without a `=` the whole is nothing to uWSGI. */
function file({ name, text }: Argument): Checked<RouteAction> {
  const given = new Map<string, { readonly value: string; readonly at: number }>();
  let at = 0;
  for (const piece of text.split(",")) {
    const equals = piece.indexOf("=");
    const key = equals < 0 ? piece : piece.slice(0, equals);
    if (equals < 0 || !fileKeys.has(key)) {
      const help = "write `filename=/path`, and after commas `status=`, `content_type=`, `mime=1`";
      return fault(text, `\`${name}\` has no argument \`${key}\``, help, at, at + piece.length);
    }
    if (key === "no_headers") {
      const message = "an answer without a head is none of HTTP";
      return fault(text, message, "take `no_headers` out", at, at + piece.length);
    }
    given.set(key, { value: piece.slice(equals + 1), at: at + equals + 1 });
    at += piece.length + 1;
  }
  const filename = given.get("filename");
  if (filename === undefined || filename.value === "")
    return fault(text, `\`${name}\` needs a file`, `write \`${name}:filename=/path\``);
  const path = parseTemplate(filename.value, true);
  if ("fault" in path) return shifted(path.fault, filename.at);
  const status = parseTemplate(given.get("status")?.value ?? "200 OK", true);
  if ("fault" in status) return shifted(status.fault, given.get("status")?.at ?? 0);
  const type = given.get("content_type")?.value ?? "text/html";
  if (/[^\t -~]/.test(type))
    return fault(text, `\`${type}\` is not a media type`, "write one such as `text/plain`");
  const action = {
    do: "file",
    next: name.endsWith("-next"),
    type,
    mime: given.has("mime"),
  } as const;
  return { ok: { ...action, path: path.ok, status: status.ok } };
}

/** `realm,user:password` or `realm,file`. */
function basicAuth({ name, text }: Argument): Checked<RouteAction> {
  const comma = text.indexOf(",");
  const rest = text.slice(comma + 1);
  if (comma < 0 || rest === "") {
    const help = `write \`${name}:realm,user:password\` or \`${name}:realm,file\``;
    return fault(text, `\`${name}\` needs a realm and who may pass`, help);
  }
  const realm = bytesOf(text.slice(0, comma));
  if (/["\\]|[^\t -~\x80-\xff]/.test(realm))
    return fault(text, "a realm may have no quotes and backslashes", "leave them out", 0, comma);
  const colon = rest.indexOf(":");
  const who =
    colon < 0
      ? ({ kind: "file", path: rest } as const)
      : ({
          kind: "user",
          name: bytesOf(rest.slice(0, colon)),
          password: bytesOf(rest.slice(colon + 1)),
        } as const);
  return { ok: { do: "basicauth", next: name.endsWith("-next"), realm, who } };
}

/** `address[,host[,uri]]` */
function httpProxy({ name, text }: Argument): Checked<RouteAction> {
  const [addressText = "", host, ...uriPieces] = text.split(",");
  const address = proxyAddress(name, addressText);
  if ("fault" in address) return address;
  if (host !== undefined && /[^!-~]/.test(host))
    return fault(text, `\`${host}\` is not a host`, `write \`${name}:127.0.0.1:8080,example.com\``);
  if (uriPieces.length === 0)
    return { ok: { do: "http", address: address.ok, host: host || undefined, uri: undefined } };
  const uri = parseTemplate(uriPieces.join(","), true);
  if ("fault" in uri) return shifted(uri.fault, addressText.length + (host ?? "").length + 2);
  return { ok: { do: "http", address: address.ok, host: host || undefined, uri: uri.ok } };
}

/** `address,modifier1,modifier2[,appid]`; without an address the request stays here. */
function uwsgiProxy({ name, text }: Argument): Checked<RouteAction> {
  const [addressText = "", first = "", second = "", ...rest] = text.split(",");
  const modifiers = [first, second];
  if (!modifiers.every((one) => /^\d{1,3}$/.test(one) && Number(one) < 256)) {
    const help = `write \`${name}:127.0.0.1:3031,0,0\``;
    return fault(text, `\`${name}\` needs an address and two modifiers`, help);
  }
  const id = rest.length === 0 ? undefined : bytesOf(rest.join(","));
  if (addressText === "") {
    if (Number(first) !== 0 || Number(second) !== 0 || !id) {
      const message = "other modifiers are for other languages than Python";
      return fault(text, message, `write \`${name}:,0,0,/mountpoint\` to choose an application`);
    }
    return { ok: { do: "app", id } };
  }
  const address = proxyAddress(name, addressText);
  if ("fault" in address) return address;
  const action = { do: "uwsgi", address: address.ok, appId: id } as const;
  return { ok: { ...action, modifier1: Number(first), modifier2: Number(second) } };
}

function proxyAddress(name: string, text: string): Checked<Template> {
  const address = text.includes("$") ? undefined : parseAddress(text);
  if (address !== undefined && (!address.ok || address.value.kind === "abstract")) {
    const help = `write \`${name}:127.0.0.1:8080\`, or the path of a Unix socket`;
    return fault(text, `\`${text}\` is not an address`, help);
  }
  return parseTemplate(text, true);
}

/** Actions of uWSGI that there are not, with what to do in their place. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /^(setfile|sethome|python|call|rpc\w*|rpc-.*|symcall|lua|psgi|cgi.*|xslt|ssi)$/,
    "requests do not name code to run here: do it in the application",
  ],
  [
    /^(cache.*|memcached.*|redis.*)$/,
    "use a cache in the application, or in a proxy such as nginx",
  ],
  [
    /^(ldapauth.*|radius.*|spnego.*|access|geoip.*)$/,
    "do it in the application, or in a proxy such as nginx; there is `basicauth`",
  ],
  [
    /^(gzip|chunked|toupper|tofile|template|flush|fixcl|forcecl|offload|disableheaders|expires)$/,
    "do it in the application, or in a proxy such as nginx",
  ],
  [
    /^(sse|websocket.*|httpconnect|proxyhttpconnect|httpdumb|fcgi|scgi|hash|xmldir|rados|gridfs)$/,
    "let a proxy such as nginx do it",
  ],
  [/^(alarm|signal|metric.*|setprocname|chdir|setmodifier[12])$/, "take it out"],
  [/^logvar$/, "use `log` for a line of its own"],
];

function unknown(name: string): Fault {
  const remedy = remedies.find(([names]) => names.test(name))?.[1];
  return {
    message:
      remedy === undefined
        ? `there is no action \`${name}\``
        : `the action \`${name}\` is not supported by tsuwsgi`,
    help: remedy ?? suggestion(name, Object.keys(readers)),
    start: 0,
    end: name.length,
  };
}
