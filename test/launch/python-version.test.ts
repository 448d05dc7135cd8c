/** The Python side runs on every Python from 3.8 on. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { projectPath } from "../helpers/server.ts";

test("every Python file is written in the language of 3.8", () => {
  const program = [
    "import ast, pathlib, sys",
    "files = sorted(pathlib.Path(sys.argv[1]).rglob('*.py'))",
    "for file in files: ast.parse(file.read_bytes(), str(file), feature_version=(3, 8))",
    "print(len(files))",
  ].join("\n");
  const parsed = execFileSync("python3", ["-c", program, projectPath("python")], {
    encoding: "utf8",
  });
  expect(Number(parsed)).toBeGreaterThan(8);
});
