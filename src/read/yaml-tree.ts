/** YAML text to a tree with offsets, every scalar as text: types, anchors and merges are for the reader to judge. */

import type { EVENT_ID, Event } from "js-yaml";
import { jsYaml } from "./js-yaml.ts";

/** One node. Offsets are UTF-16, into the parsed text; `marked` is where an anchor, alias or tag stands. */
export type YamlNode = YamlScalar | YamlMapping | YamlList | YamlAlias;

/** A scalar; `text` is undefined when nothing was written at all (so not for `""`, `~` or `null`). */
export interface YamlScalar {
  readonly kind: "scalar";
  readonly text: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly marked: number | undefined;
}

export interface YamlMapping {
  readonly kind: "mapping";
  readonly start: number;
  /** Written with braces. */
  readonly flow: boolean;
  readonly pairs: readonly { readonly key: YamlNode; readonly value: YamlNode }[];
  readonly marked: number | undefined;
}

export interface YamlList {
  readonly kind: "list";
  readonly start: number;
  readonly items: readonly YamlNode[];
  readonly marked: number | undefined;
}

export interface YamlAlias {
  readonly kind: "alias";
  readonly start: number;
  readonly marked: number;
}

/**
 * The root of each document.
 * @throws YAMLException with an offset in `mark.position` when the text is not YAML
 */
export function yamlDocuments(text: string): YamlNode[] {
  const { EVENT_ID: kinds, getScalarValue, parseEvents, SCALAR_STYLE } = jsYaml();
  const events = parseEvents(text, {});
  const roots: YamlNode[] = [];
  let at = 0;
  /** Where the last scalar ended: an absent value has no offset of its own. */
  let lastEnd = 0;

  while (at < events.length) {
    const event = events[at++];
    if (event && event.type !== kinds.DOCUMENT && event.type !== kinds.POP) {
      roots.push(node(event));
    }
  }
  return roots;

  function node(event: NodeEvent): YamlNode {
    switch (event.type) {
      case kinds.ALIAS:
        return { kind: "alias", start: event.anchorStart, marked: event.anchorStart };
      case kinds.SCALAR:
        return scalar(event);
      case kinds.SEQUENCE:
        return { kind: "list", start: event.start, marked: mark(event), items: children() };
      case kinds.MAPPING: {
        const flow = text[event.start] === "{";
        const marked = mark(event);
        return { kind: "mapping", start: event.start, flow, marked, pairs: pairs(children()) };
      }
    }
  }

  function scalar(event: ScalarEvent): YamlScalar {
    const absent = event.valueStart < 0;
    const written = !absent || event.style !== SCALAR_STYLE.PLAIN;
    const start = absent ? lastEnd : event.valueStart;
    lastEnd = absent ? lastEnd : event.valueEnd;
    const value = written ? getScalarValue(text, event) : undefined;
    return { kind: "scalar", text: value, start, end: lastEnd, marked: mark(event) };
  }

  function children(): YamlNode[] {
    const found: YamlNode[] = [];
    for (let event = events[at++]; event; event = events[at++]) {
      if (event.type === kinds.POP || event.type === kinds.DOCUMENT) break;
      found.push(node(event));
    }
    return found;
  }
}

type NodeEvent = Exclude<Event, { type: typeof EVENT_ID.POP } | { type: typeof EVENT_ID.DOCUMENT }>;
type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

function mark(event: { anchorStart: number; tagStart: number }): number | undefined {
  if (event.anchorStart >= 0) return event.anchorStart;
  return event.tagStart >= 0 ? event.tagStart : undefined;
}

function pairs(nodes: readonly YamlNode[]): { key: YamlNode; value: YamlNode }[] {
  const found: { key: YamlNode; value: YamlNode }[] = [];
  for (let at = 0; at + 1 < nodes.length; at += 2) {
    const key = nodes[at];
    const value = nodes[at + 1];
    if (key && value) found.push({ key, value });
  }
  return found;
}
