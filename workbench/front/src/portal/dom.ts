/** Elements from data: everything becomes text or an attribute, never markup. */

type Attributes = Record<string, string | number | boolean | null | undefined>;
type Child = Node | string | null | undefined | false;

function fill(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
}

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  fill(made, attributes, children);
  return made;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(made, attributes, children);
  return made;
}

const ICONS = {
  search: ["M7 12.2a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4Z", "m11 11 3.5 3.5"],
  sun: ["M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z", "M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13"],
  moon: ["M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z"],
  columns: ["M2 2.5h12v11H2ZM6 2.5v11M10 2.5v11"],
  download: ["M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11"],
  copy: ["M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3"],
  plus: ["M8 3v10M3 8h10"],
  minus: ["M3 8h10"],
  fit: ["M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"],
  close: ["m3.5 3.5 9 9M12.5 3.5l-9 9"],
} as const;

export function icon(name: keyof typeof ICONS): SVGSVGElement {
  const paths = ICONS[name].map((d) => svg("path", { d }));
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, ...paths);
}

/** A place that screen readers listen to; texts put there are read out. */
export function announcer(): (text: string) => void {
  const region = element("div", { class: "wb-hidden-text", role: "status", "aria-live": "polite" });
  document.body.append(region);
  return (text) => {
    region.textContent = text;
  };
}

/** Calls `later` once, `wait` milliseconds after the last call. */
export function debounced(wait: number, later: () => void): () => void {
  let timer: number | undefined;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(later, wait);
  };
}
