/** Scalars that are something else than text in YAML, and that a person is likely to mean so. */

interface Meant {
  readonly rule: string;
  readonly what: string;
  readonly help: (key: string) => string;
}

const nothing: Meant = {
  rule: "yaml-null",
  what: "no value",
  help: (key) => `leave \`${key}\` out, or quote the text`,
};

const number: Meant = {
  rule: "yaml-number",
  what: "a number",
  help: () => "write the number in decimal digits, or quote the text",
};

/**
 * What a scalar without quotes would be to other readers of YAML. `true`, `yes`, `022` and `1:30` are not
 * among it: uWSGI's options take such texts for what they look like.
 */
export function misreadAs(value: string): Meant | undefined {
  if (/^(?:~|null|Null|NULL)$/.test(value)) return nothing;
  if (value.length > 40) return undefined;
  const otherBase = /^[-+]?0(?:o[0-7]+|x[\da-fA-F]+|b[01]+)$/.test(value);
  return otherBase || /^[-+]?\d+(?:_\d+)+$/.test(value) ? number : undefined;
}
