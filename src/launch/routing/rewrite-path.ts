/** The path that a `rewrite` gives, decoded and cleaned as uWSGI cleans the path of a request. */

/**
 * Decodes %XX and takes `.` and `..` segments out; what follows a `#` is not part of a path.
 * @param text one character a byte
 */
export function cleanPath(text: string): string {
  const [plain = ""] = text.split("#");
  const kept: string[] = [];
  const segments = plain.split("/");
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    // A path that ends in `/.` or `/..` means a directory.
    if (segment === ".." && index > 0) {
      if (kept.length > 1) kept.pop();
      if (last) kept.push("");
    } else if (segment === ".") {
      if (last) kept.push("");
    } else {
      kept.push(decode(segment));
    }
  });
  return kept.join("/");
}

function decode(segment: string): string {
  return segment.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
