"""Parse a Python file, without running it, and say whether a name can exist at module level.

Run as a script: inspect_source.py FILE CALLABLE. Prints one JSON object, see src/settings/app-source.ts.
Nothing is imported and nothing of the file is executed. "no" is said only when it is certain.
"""
import ast
import json
import sys

# Module code that uses one of these can make names that no parser sees.
DYNAMIC = {"globals", "locals", "vars", "exec", "eval", "execfile", "setattr", "__dict__", "modules", "__import__"}
SHOWN = 5


def main(path, callable_name):
    name = callable_name[:-2] if callable_name.endswith("()") else callable_name
    print(json.dumps(inspect(path, name)))


def inspect(path, name):
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
    except SyntaxError as error:
        return {
            "is": "syntax-error",
            "line": error.lineno or 1,
            "column": error.offset or 1,
            "message": error.msg,
        }
    except (OSError, ValueError, RecursionError, MemoryError) as error:
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
    main(sys.argv[1], sys.argv[2])
