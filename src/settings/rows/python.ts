/** Rows of the option table. The Python side: the interpreter, what is imported, exceptions. */
import {
  catchExceptions,
  evalCode,
  lazy,
  moduleAlias,
  oneMore,
  plainText,
  processName,
  pyargv,
  reloadOn,
  reloadOnAny,
  spacedPrefix,
} from "../apply/python.ts";
import { earlyPythonpath } from "../apply/text.ts";
import type { HonouredOption } from "../option.ts";
import { flag, flagWith, integer, text, within } from "../option.ts";

/** A day; one more look is none that anybody waits for. */
const longestLook = 86_400;

const importable = "a module, or the path of a Python file or package";
const aliasing = {
  expected: "`NAME=MODULE`, or `NAME=PATH` with a slash in the path",
  pattern: "^[^=]+=.",
  repeats: true,
};

/** In the order of the documentation. */
export const pythonRows: readonly HonouredOption[] = [
  text({
    name: "eval",
    summary: "Python code that makes the WSGI callable.",
    expected: "Python code",
    apply: evalCode,
  }),
  flagWith(
    "lazy",
    "supported",
    "Like `lazy-apps`; and a graceful reload replaces the workers only, with the configuration as it is.",
    lazy,
    false,
  ),
  text({
    name: "import",
    summary: "Module to import before the application, in each process that loads it.",
    expected: importable,
    repeats: true,
    apply: oneMore("imports"),
  }),
  text({
    name: "shared-import",
    summary: "Module to import once before the workers are forked, also with `lazy-apps`.",
    expected: importable,
    repeats: true,
    apply: oneMore("sharedImports"),
  }),
  ...["early-pyimport", "early-python-import"].map((name) =>
    text({
      name,
      summary: "Module to import once before those of `shared-import`.",
      expected: importable,
      repeats: true,
      apply: oneMore("earlyImports"),
    }),
  ),
  ...["early-pythonpath", "early-python-path"].map((name) =>
    text({
      name,
      summary:
        "Directory, or wildcards for several, to put on sys.path behind those of `pythonpath`.",
      expected: "a directory",
      repeats: true,
      apply: earlyPythonpath,
    }),
  ),
  text({
    name: "pymodule-alias",
    summary: "Make a module known by another name too, before anything is imported.",
    ...aliasing,
    apply: moduleAlias("aliases"),
  }),
  text({
    name: "post-pymodule-alias",
    summary: "The same, after the modules of `import`.",
    ...aliasing,
    apply: moduleAlias("postAliases"),
  }),
  text({
    name: "pyargv",
    summary: "What sys.argv has after `uwsgi`; blanks are between two.",
    expected: "arguments",
    apply: pyargv,
  }),
  text({
    name: "py-programname",
    summary: "The Python program: a path, relative to chdir, or a name on the PATH.",
    expected: "a Python program",
    apply: plainText("programName"),
  }),
  text({
    name: "py-executable",
    summary: "What sys.executable is to say.",
    expected: "a path",
    apply: plainText("executable"),
  }),
  flag("no-site", within("python", "noSite"), "Do not import Python's `site`, as its -S."),
  integer(
    "optimize",
    within("python", "optimize"),
    { minimum: 0, maximum: 2, default: 0 },
    "Python's -O: 1 leaves assertions out, 2 docstrings too.",
  ),
  integer(
    "py-auto-reload",
    within("python", "autoReload"),
    { minimum: 0, maximum: longestLook, default: 0 },
    "Reload when the file of a loaded module changes; seconds between two looks, 0 is never.",
    "seconds",
  ),
  text({
    name: "py-auto-reload-ignore",
    summary: "Module whose file `py-auto-reload` does not look at.",
    expected: "a module",
    repeats: true,
    apply: oneMore("autoReloadIgnore"),
  }),
  text({
    name: "py-tracebacker",
    summary: "Unix socket, PATH and the worker's number, that tells where its threads are.",
    expected: "a path",
    apply: plainText("tracebacker"),
  }),
  flagWith(
    "catch-exceptions",
    "supported",
    "Answer with the traceback and the request's variables when the application raises.",
    catchExceptions,
    false,
  ),
  flagWith(
    "reload-on-exception",
    "supported",
    "Replace a worker after a request for which the application raised.",
    reloadOnAny,
    false,
  ),
  text({
    name: "reload-on-exception-type",
    summary: "The same for exceptions of one class, `ValueError` or `package.module.Error`.",
    expected: "the name of an exception's class",
    repeats: true,
    apply: reloadOn("types"),
  }),
  text({
    name: "reload-on-exception-value",
    summary: "The same for exceptions with this text.",
    expected: "an exception's text",
    repeats: true,
    apply: reloadOn("values"),
  }),
  text({
    name: "reload-on-exception-repr",
    summary: "The same for exceptions with this class and text, `builtins.ValueError: text`.",
    expected: "an exception's class and text",
    repeats: true,
    apply: reloadOn("reprs"),
  }),
  flag(
    "wsgi-strict",
    within("python", "strict"),
    "Treat a result of bytes as PEP 3333 has it: as what it is not.",
  ),
  flag(
    "wsgi-accept-buffer",
    within("python", "acceptBuffers"),
    "Send all objects that have bytes in them (the buffer protocol), not only bytes.",
  ),
  flag(
    "start_response-nodelay",
    within("python", "eagerHead"),
    "Send the head of an answer when start_response is called, against PEP 3333.",
  ),
  flag(
    "skip-atexit-teardown",
    within("python", "skipAtexit"),
    "A worker that ends does not call what Python's `atexit` was given.",
  ),
  text({
    name: "procname",
    summary: "Name of all processes, in ps and top.",
    expected: "a name",
    apply: processName("name"),
  }),
  text({
    name: "procname-master",
    summary: "Name of the master.",
    expected: "a name",
    apply: processName("master"),
  }),
  text({
    name: "procname-prefix",
    summary: "Put before the names of all processes.",
    expected: "a text",
    apply: processName("prefix"),
  }),
  text({
    name: "procname-prefix-spaced",
    summary: "Put before the names of all processes, with a blank between.",
    expected: "a text",
    apply: spacedPrefix,
  }),
  text({
    name: "procname-append",
    summary: "Put behind the names of all processes.",
    expected: "a text",
    apply: processName("append"),
  }),
];
