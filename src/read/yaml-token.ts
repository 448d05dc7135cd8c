/** The tokens of YAML 1.1 as libyaml names them; all offsets are UTF-16. */
export type YamlToken = YamlScalar | YamlMark | YamlFault;

/** A scalar: what it says, and where that stands without quotes. */
export interface YamlScalar {
  readonly kind: "scalar";
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** Neither in quotes nor a block. */
  readonly plain: boolean;
}

/** Everything that is not text. */
export interface YamlMark {
  readonly kind:
    | "directive"
    | "document"
    | "block-mapping-start"
    | "block-sequence-start"
    | "block-end"
    | "block-entry"
    | "flow-mapping-start"
    | "flow-mapping-end"
    | "flow-sequence-start"
    | "flow-sequence-end"
    | "flow-entry"
    | "key"
    | "value"
    | "anchor"
    | "alias"
    | "tag"
    | "stream-end";
  readonly start: number;
  readonly end: number;
}

/** Why a text is not YAML. */
export interface YamlFault {
  readonly kind: "fault";
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** A fault at a range. */
export function yamlFault(start: number, end: number, message: string): YamlFault {
  return { kind: "fault", start, end, message };
}
