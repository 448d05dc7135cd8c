/** What moot options have to say: a value that asks for the contrary of what is always so is warned about. */
import type { Given } from "../draft.ts";
import type { Apply } from "../option.ts";

/** A flag whose wish is always fulfilled: `false` asks for what cannot be had. */
export function always(why: string): Apply<boolean> {
  return (_draft, value, given) => {
    if (!value) noEffect(given, why);
  };
}

/** A number of which there is always one: more asks for what cannot be had. */
export function single(why: string): Apply<number> {
  return (_draft, value, given) => {
    if (value > 1) noEffect(given, why);
  };
}

/** What uWSGI has as plugins and tsuwsgi has built in, or does not need. */
const builtIn =
  /^(python\w*|http|corerouter|router_\w+|logfile|logsocket|logpipe|r?syslog|systemd_logger)$/;

/** `plugin = python3, http`: names that are not built in are refused. */
export const plugins: Apply<string> = (_draft, value, given) => {
  for (const name of value.split(",").map((part) => part.trim())) {
    if (name !== "" && !builtIn.test(pluginName(name))) refuse(given, name);
  }
};

/** uWSGI takes `modifier:name` and the path of the library as well. */
function pluginName(text: string): string {
  return text
    .replace(/^\d+:/, "")
    .replace(/^.*\//, "")
    .replace(/_plugin\.so$/, "");
}

function refuse(given: Given, name: string): void {
  given.report({
    rule: "unsupported-plugin",
    severity: given.lenient ? "warning" : "error",
    message: `plugin \`${name}\` is not yet supported by tsuwsgi`,
    span: given.span,
    help: "take the name out; `lenient` goes on without the plugin",
  });
}

function noEffect(given: Given, always: string): void {
  given.report({
    rule: "no-effect",
    severity: "warning",
    message: `\`${given.entry.key} = ${given.entry.value}\` has no effect: ${always}`,
    span: given.span,
    help: "take the line out",
  });
}
