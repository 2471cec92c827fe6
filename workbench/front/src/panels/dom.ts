/** Elements from data: everything becomes text, an attribute or a listener, never markup. */

type Listener = (event: any) => void;
type Value = string | number | boolean | null | undefined | Listener;

/**
 * Attributes by name; a function under `onclick`, `oninput`, … listens; `true` sets an attribute
 * without a value, `false`, `null` and `undefined` leave it out.
 */
export type Props = Record<string, Value>;
export type Child = Node | string | number | null | undefined | false | readonly Child[];

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props?: Props | null,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), props, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props?: Props | null,
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function fill<E extends Element>(element: E, props: Props | null | undefined, children: Child[]): E {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (typeof value === "function") {
      if (!name.startsWith("on")) throw new Error(`${name} cannot be a function`);
      element.addEventListener(name.slice(2), value);
    } else if (name.startsWith("on")) {
      throw new Error(`${name} must be a function`); // text would become code
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child as readonly Child[]);
    else if (child instanceof Node) element.append(child);
    else if (typeof child === "string" || typeof child === "number") element.append(String(child));
  }
}

/** Replaces what is in an element. */
export function put(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

let ids = 0;

/** An id that no other element of the page has, for labels. */
export function freshId(stem: string): string {
  return `wb-${stem}-${++ids}-${Math.random().toString(36).slice(2, 8)}`;
}

/** Calls `later` once, `wait` milliseconds after the last call. */
export function debounced<A extends unknown[]>(wait: number, later: (...args: A) => void): (...args: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => later(...args), wait);
  };
}
