/** Rows of the option table. The application: where it is and what it finds around it. */
import { callable, module, wsgiFile } from "../apply/app.ts";
import { chdir, envdir, environment, pathField, print, pythonpath, unset } from "../apply/text.ts";
import type { HonouredOption } from "../option.ts";
import { flag, text } from "../option.ts";

/** In the order of the documentation. */
export const applicationRows: readonly HonouredOption[] = [
  text({
    name: "chdir",
    summary: "Directory to change to before the application is loaded; relative to the start.",
    expected: "a directory",
    apply: chdir,
  }),
  text({
    name: "wsgi-file",
    summary: "Python file with the WSGI callable; relative to chdir.",
    expected: "a Python file",
    apply: wsgiFile,
  }),
  text({
    name: "module",
    summary: "Python module with the WSGI callable, `package.module` or `package.module:callable`.",
    expected: "a module name such as `package.module` or `package.module:callable`",
    pattern: "^[^\\s:/]+(:[^\\s:/]+)?$",
    apply: module,
  }),
  text({
    name: "callable",
    summary: "Name of the WSGI callable; `name()` calls it once to get the application.",
    expected: "a Python name such as `app`",
    pattern: "^[^\\s:/.()]+(\\(\\))?$",
    apply: callable,
  }),
  text({
    name: "home",
    summary: "Virtual environment whose interpreter and packages are used; relative to chdir.",
    expected: "a directory",
    apply: pathField("virtualenv"),
  }),
  ...["pythonpath", "python-path", "pp"].map((name) =>
    text({
      name,
      summary: "Directory to put on sys.path; relative to chdir.",
      expected: "a directory",
      repeats: true,
      apply: pythonpath,
    }),
  ),
  text({
    name: "env",
    summary: "Environment variable for the application, `NAME=VALUE`.",
    expected: "`NAME=VALUE`",
    pattern: "^[^=]+=",
    repeats: true,
    apply: environment("env"),
  }),
  text({
    name: "ienv",
    summary: "The same, also for the placeholders and conditions of the configuration.",
    expected: "`NAME=VALUE`",
    pattern: "^[^=]+=",
    repeats: true,
    apply: environment("earlyEnv"),
  }),
  text({
    name: "unenv",
    summary: "Environment variable that the application is not to have.",
    expected: "the name of a variable",
    pattern: "^[^=]+$",
    repeats: true,
    apply: unset,
  }),
  text({
    name: "envdir",
    summary:
      "Directory whose files are environment variables; an empty one takes its variable away.",
    expected: "a directory",
    repeats: true,
    apply: envdir("envdir"),
  }),
  text({
    name: "early-envdir",
    summary: "The same, before `env`, and also for the placeholders and conditions below it.",
    expected: "a directory",
    repeats: true,
    apply: envdir("earlyEnv"),
  }),
  ...["print", "iprint"].map((name) =>
    text({
      name,
      summary: "Line to write to the log at the start.",
      expected: "a text",
      repeats: true,
      mayBeEmpty: true,
      apply: print,
    }),
  ),
  flag("need-app", "needApp", "End with status 22 when the application cannot be loaded."),
  flag("lazy-apps", "lazyApps", "Load the application in each worker instead of once before."),
];
