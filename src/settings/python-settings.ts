/** Settings of the Python side: what the application finds in its interpreter, and what is done for it there. */

/** A module that is known by another name too. */
export interface ModuleAlias {
  readonly name: string;
  /** A module, or with a slash in it the path of a file or package. */
  readonly target: string;
}

/** Which exceptions of the application have their worker replaced. */
export interface ReloadOnException {
  readonly any: boolean;
  /** Names of classes, `ValueError` or `package.module.Error`. */
  readonly types: readonly string[];
  /** The exception's text. */
  readonly values: readonly string[];
  /** Class and text: `builtins.ValueError: text`. */
  readonly reprs: readonly string[];
}

/** Everything about the interpreter of the zygote and its workers. Names of modules stay as written. */
export interface PythonSettings {
  /** The interpreter's program: a path, absolute, or a name to be looked for on the PATH. */
  readonly programName: string | undefined;
  /** What sys.executable is made. */
  readonly executable: string | undefined;
  /** Do not import `site`. */
  readonly noSite: boolean;
  /** 0, or as Python's -O: 1 without assert, 2 without docstrings. */
  readonly optimize: number;
  /** sys.argv after its first. */
  readonly argv: readonly string[];
  /** Modules, and paths of files and packages, imported once and before all others. */
  readonly earlyImports: readonly string[];
  readonly sharedImports: readonly string[];
  /** Imported before each application. */
  readonly imports: readonly string[];
  readonly aliases: readonly ModuleAlias[];
  readonly postAliases: readonly ModuleAlias[];
  /** Path of a Unix socket that lacks the worker's number, or `@` and an abstract name. */
  readonly tracebacker: string | undefined;
  /** Seconds between two looks at the files of loaded modules; 0 is never. */
  readonly autoReload: number;
  /** Modules whose files are not looked at. */
  readonly autoReloadIgnore: readonly string[];
  /** Exceptions are shown to clients. */
  readonly catchExceptions: boolean;
  readonly reloadOn: ReloadOnException;
  /** A result is iterated over whatever it is. */
  readonly strict: boolean;
  /** Parts of a result may be any objects with bytes in them. */
  readonly acceptBuffers: boolean;
  /** The head of an answer is sent when start_response is called. */
  readonly eagerHead: boolean;
  /** A worker that goes does not run the functions of `atexit`. */
  readonly skipAtexit: boolean;
}

/** PythonSettings while they are being made. */
export interface PythonDraft
  extends Omit<
    { -readonly [K in keyof PythonSettings]: PythonSettings[K] },
    | "argv"
    | "earlyImports"
    | "sharedImports"
    | "imports"
    | "aliases"
    | "postAliases"
    | "autoReloadIgnore"
    | "reloadOn"
  > {
  argv: string[];
  earlyImports: string[];
  sharedImports: string[];
  imports: string[];
  aliases: ModuleAlias[];
  postAliases: ModuleAlias[];
  autoReloadIgnore: string[];
  reloadOn: { any: boolean; types: string[]; values: string[]; reprs: string[] };
}

/** uWSGI's defaults. */
export function plainPython(): PythonDraft {
  return {
    programName: undefined,
    executable: undefined,
    noSite: false,
    optimize: 0,
    argv: [],
    earlyImports: [],
    sharedImports: [],
    imports: [],
    aliases: [],
    postAliases: [],
    tracebacker: undefined,
    autoReload: 0,
    autoReloadIgnore: [],
    catchExceptions: false,
    reloadOn: { any: false, types: [], values: [], reprs: [] },
    strict: false,
    acceptBuffers: false,
    eagerHead: false,
    skipAtexit: false,
  };
}

/** Makes the paths absolute. A tracebacker's that begins with `@` is an abstract name. */
export function finishPython(
  draft: PythonDraft,
  inChdir: (path: string) => string,
): PythonSettings {
  const { programName, tracebacker } = draft;
  return {
    ...draft,
    programName: programName?.includes("/") ? inChdir(programName) : programName,
    tracebacker:
      tracebacker === undefined || tracebacker.startsWith("@") ? tracebacker : inChdir(tracebacker),
  };
}

/** The interpreter's own arguments. */
export function interpreterFlags({ noSite, optimize }: PythonSettings): string[] {
  const optimized = ["-O", "-OO"].slice(optimize - 1, optimize);
  return optimize > 0 ? [...(noSite ? ["-S"] : []), ...optimized] : noSite ? ["-S"] : [];
}
