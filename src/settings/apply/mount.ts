/** How `mount` sets the draft. */
import { mountedApp } from "../mount-settings.ts";
import type { Apply } from "../option.ts";

/** `mount = /path=module:callable` or `mount = /path=file.py`, split at the first `=`. */
export const mount: Apply<string> = (draft, value, given) => {
  const { key } = given.entry;
  const severity = given.lenient ? "warning" : "error";
  if (key === "worker-mount") {
    given.report({
      rule: "unsupported-value",
      severity,
      message: "`worker-mount` loads an application in one worker, which tsuwsgi does not do",
      span: given.entry.keySpan,
      help: "write `mount`; with `lazy-apps = true` every worker loads for itself",
    });
  }
  const at = value.indexOf("=");
  const mountpoint = value.slice(0, at);
  const target = value.slice(at + 1);
  const app = mountedApp(target);
  if (app === undefined) {
    given.report({
      rule: "mount-target",
      severity: "error",
      message: `\`${key}\` needs \`module:callable\` or a file that ends in .py or .wsgi, and \`${target}\` is neither`,
      span: given.span,
      help: target.endsWith(".ini")
        ? "write a module that loads it with PasteDeploy, and `mount = /path=module:callable`"
        : `write \`${key} = ${mountpoint}=${/^[\w.]+$/.test(target) ? target : "module"}:application\``,
    });
    return;
  }
  if (draft.mounts.list.some((other) => other.mountpoint === mountpoint)) {
    given.report({
      rule: "repeated-mount",
      severity: "warning",
      message: `\`${mountpoint}\` has an application already: the first is used, as uWSGI does`,
      span: given.span,
      help: "take one of the lines out",
    });
    return;
  }
  draft.places[`mounts.${draft.mounts.list.length}`] = given.place;
  draft.mounts.list.push({ mountpoint, app });
};
