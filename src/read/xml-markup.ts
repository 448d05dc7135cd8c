/** The pieces of an XML text; all offsets are UTF-16. */
export type XmlMarkup =
  | XmlOpen
  | XmlClose
  | XmlContent
  | XmlFault
  | {
      readonly kind: "doctype" | "declaration" | "end";
      readonly start: number;
      readonly end: number;
    };

/** `<name attribute="value">`, or `<name/>` when `empty`. */
export interface XmlOpen {
  readonly kind: "open";
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly attributes: readonly XmlAttribute[];
  readonly empty: boolean;
}

export interface XmlAttribute {
  readonly name: string;
  readonly nameStart: number;
  /** Entities resolved, blanks of all kinds as spaces. */
  readonly value: string;
  /** Without the quotes. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** `</name>` */
export interface XmlClose {
  readonly kind: "close";
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly nameStart: number;
  readonly nameEnd: number;
}

/** What is not an element. */
export type XmlContent =
  | {
      readonly kind: "text";
      readonly start: number;
      readonly end: number;
      readonly content: string;
    }
  | {
      readonly kind: "comment" | "cdata" | "instruction";
      readonly start: number;
      readonly end: number;
      /** Without the marks; undefined for an instruction that is only a name. */
      readonly content: string | undefined;
      readonly contentStart: number;
      readonly contentEnd: number;
    };

/** Why a text is not XML. */
export interface XmlFault {
  readonly kind: "fault";
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly help?: string;
}
