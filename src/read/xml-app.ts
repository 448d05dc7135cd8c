/** `<app mountpoint="/x">module</app>`: an application under a path or a domain. */
import type { Entry } from "./entry.ts";
import { checkRest } from "./xml-checks.ts";
import type { XmlContent } from "./xml-markup.ts";
import type { XmlElement, XmlNode } from "./xml-tree.ts";
import type { XmlView } from "./xml-view.ts";

/**
 * `mount = PLACE=WHAT` and `app =`. uWSGI takes what is mounted from the element's only child, or else
 * from what is in its second child: in `<app> <script>module</script></app>` blanks are the first.
 */
export function xmlApp(element: XmlElement, view: XmlView): Entry[] {
  const keySpan = view.name(element);
  const app = { key: "app", value: "", keySpan, valueSpan: { ...keySpan, start: keySpan.end } };
  if (element.children.length === 0) {
    if (place(element) !== undefined) dropped(element, "it is empty", view);
    return [app];
  }
  const mounted = whatIsMounted(element, view);
  if (!mounted) {
    dropped(element, "uWSGI looks for a module only in text, or after a blank", view);
    return [];
  }
  const value = (place(element) ?? "") + (mounted.content ?? "");
  return [{ key: "mount", value, keySpan, valueSpan: view.content(mounted) }, app];
}

function whatIsMounted(element: XmlElement, view: XmlView): XmlContent | undefined {
  const [first, second] = element.children;
  if (!second) {
    const only = content(first);
    if (only) checkRest(element, 0, view);
    return only;
  }
  const inner = second.kind === "element" ? content(second.children[0]) : undefined;
  if (inner && second.kind === "element") {
    checkRest(element, 1, view);
    checkRest(second, 0, view);
  }
  return inner;
}

function content(node: XmlNode | undefined): XmlContent | undefined {
  if (!node || node.kind === "element" || node.content === undefined) return undefined;
  return node;
}

/** `/path=` or `domain|=`; undefined without either. */
function place({ attributes }: XmlElement): string | undefined {
  const value = (name: string) => attributes.find((attribute) => attribute.name === name)?.value;
  const mountpoint = value("mountpoint");
  const domain = value("domain");
  if (mountpoint !== undefined) return `${mountpoint}=`;
  return domain === undefined ? undefined : `${domain}|=`;
}

function dropped(element: XmlElement, why: string, view: XmlView): void {
  const help = 'write `<app mountpoint="/path">module</app>`';
  view.report("xml-app", `this \`<app>\` mounts nothing: ${why}`, view.name(element), { help });
}
