"""Find and parse a Python file, without running it, and say whether a name can exist at module level.

Run as a script: inspect_source.py CALLABLE file PATH, inspect_source.py CALLABLE eval CODE, or
inspect_source.py CALLABLE module NAME DIRECTORY… (the directories, or wildcards for them, that come before
the interpreter's own path). Prints one JSON object, see
src/settings/app-source.ts. Nothing is imported and nothing of the application is executed. That
something is missing is said only when it is certain.
"""
import ast
import importlib.machinery
import importlib.util
import json
import sys

# Module code that uses one of these can make names that no parser sees.
DYNAMIC = {"globals", "locals", "vars", "exec", "eval", "execfile", "setattr", "__dict__", "modules", "__import__"}
SHOWN = 5


def main(callable_name, kind, target, *directories):
    name = callable_name[:-2] if callable_name.endswith("()") else callable_name
    if kind == "eval":
        print(json.dumps(dict(inspect_text(target, "eval", name), path="eval")))
        return
    if kind == "module":
        found = find_module(target, list(directories))
        if isinstance(found, dict):
            print(json.dumps(found))
            return
        target = found
    print(json.dumps(dict(inspect(target, name), path=target)))


def find_module(name, directories):
    """The source file of a module, or what to print instead of looking into one."""
    from search_path import expand  # of this directory, which is on the path only here

    # The first entry is this script's own directory, whose modules are not the application's.
    sys.path[:1] = expand(directories)
    spec = None
    for depth, _ in enumerate(name.split(".")):
        part = ".".join(name.split(".")[: depth + 1])
        try:
            if spec is None:
                # Of a top-level name this imports nothing; editable installs have their own finders.
                spec = importlib.util.find_spec(part)
            else:
                spec = importlib.machinery.PathFinder.find_spec(part, spec.submodule_search_locations)
        except (ImportError, ValueError, AttributeError):
            return {"is": "unknown"}
        if spec is None:
            return {"is": "no-module", "name": part}
        if depth < name.count(".") and (not spec.submodule_search_locations or moves_its_path(spec)):
            return {"is": "unknown"}
    if not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        return {"is": "unknown"}
    return spec.origin


def moves_its_path(spec):
    """Whether a package may have its modules elsewhere than in its own directory."""
    if not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        return spec.loader is not None
    try:
        with open(spec.origin, "rb") as file:
            text = file.read()
    except OSError:
        return True
    return b"__path__" in text or b"modules" in text or b"import_hook" in text


def inspect(path, name):
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        return {"is": "unreadable", "message": str(error)}
    return inspect_text(text, path, name)


def inspect_text(text, path, name):
    try:
        tree = ast.parse(text, path)
    except SyntaxError as error:
        return {
            "is": "syntax-error",
            "line": error.lineno or 1,
            "column": error.offset or 1,
            "message": error.msg,
        }
    except (ValueError, RecursionError, MemoryError) as error:
        return {"is": "unreadable", "message": str(error)}
    scope = ModuleScope()
    scope.visit(tree)
    answer = "yes" if name in scope.bound else "maybe" if scope.dynamic else "no"
    return {"is": "parsed", "callable": answer, "names": scope.suggestions()}


class ModuleScope(ast.NodeVisitor):
    """Collects the names that a module binds, in whatever nesting of if, try, with and loops."""

    def __init__(self):
        self.bound = set()
        self.made = []  # assigned from a call, as `app = Flask(__name__)`
        self.functions = []
        self.classes = []
        self.dynamic = False

    def suggestions(self):
        """Names that may be what was meant, the likely ones first."""
        names = self.made + self.functions + self.classes
        public = [name for name in dict.fromkeys(names) if not name.startswith("_")]
        return public[:SHOWN]

    def visit_FunctionDef(self, node):
        self.bound.add(node.name)
        self.functions.append(node.name)
        self.dynamic = self.dynamic or node.name == "__getattr__"
        self.look_inside(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.bound.add(node.name)
        self.classes.append(node.name)
        self.look_inside(node)

    def visit_Lambda(self, node):
        self.look_inside(node)

    def look_inside(self, node):
        """A scope of its own binds nothing here, except by `global` or by tricks."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                self.bound.update(inner.names)
            elif is_dynamic(inner):
                self.dynamic = True

    def visit_Assign(self, node):
        if isinstance(node.value, (ast.Call, ast.Lambda)):
            self.made.extend(target.id for target in node.targets if isinstance(target, ast.Name))
        self.generic_visit(node)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        self.dynamic = self.dynamic or is_dynamic(node)

    def visit_Attribute(self, node):
        self.dynamic = self.dynamic or is_dynamic(node)
        self.generic_visit(node)

    def visit_Raise(self, node):
        # The import may end here; that is what the person has to be told, not what would come after.
        self.dynamic = True
        self.generic_visit(node)

    def visit_Import(self, node):
        for alias in node.names:
            self.bound.add(alias.asname or alias.name.split(".")[0])

    def visit_ImportFrom(self, node):
        for alias in node.names:
            if alias.name == "*":
                self.dynamic = True
            else:
                self.bound.add(alias.asname or alias.name)

    def visit_ExceptHandler(self, node):
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    def generic_visit(self, node):
        # Captures of `match` (3.10 and later) keep their names as text.
        if type(node).__name__ in ("MatchAs", "MatchStar") and node.name:
            self.bound.add(node.name)
        elif type(node).__name__ == "MatchMapping" and node.rest:
            self.bound.add(node.rest)
        super().generic_visit(node)


def is_dynamic(node):
    return (isinstance(node, ast.Name) and node.id in DYNAMIC) or (
        isinstance(node, ast.Attribute) and node.attr in DYNAMIC
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
