/** Icons of the panels, 16 by 16, drawn in the colour of the text. They say nothing by themselves. */
import { s } from "./dom.ts";

const PATHS = {
  add: "M8 3v10M3 8h10",
  arrowDown: "M8 3v10M4 9l4 4 4-4",
  arrowUp: "M8 13V3M4 7l4-4 4 4",
  cancel: "m4 4 8 8M12 4l-8 8",
  check: "m3 8.5 3.2 3.2L13 5",
  chevronDown: "m4 6 4 4 4-4",
  chevronRight: "m6 4 4 4-4 4",
  copy: "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
  database: "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2Zm0 0v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  download: "M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11",
  drag: "M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01",
  edit: "m3 13 .7-3L11 2.7 13.3 5 6 12.3Z",
  error: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4.8v4M8 11.2v.1",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  eyeOff: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM2.5 13.5l11-11",
  file: "M4 1.5h5l3.5 3.5v9.5h-8.5ZM9 1.5V5h3.5",
  folder: "M1.5 3.5h5l1.5 2h6.5v7.5h-13Z",
  graph: "M3 5.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM13 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM3 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM5 4l6 3M5 12l6-3",
  history: "M2.5 8a5.5 5.5 0 1 0 1.6-3.9L2.5 5.7M2.5 2.5v3.2h3.2M8 5v3.2l2.2 1.4",
  info: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 7.2v4M8 4.7v.1",
  link: "M6.5 9.5 9.5 6.5M7 4.5l1.7-1.7a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5l-1.7 1.7a2.8 2.8 0 0 1-4-4L5 7.5",
  list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
  menu: "M8 3.5h.01M8 8h.01M8 12.5h.01",
  minus: "M3 8h10",
  play: "M4.5 2.5v11l9-5.5Z",
  redo: "M13 6.5H6a3.5 3.5 0 0 0 0 7h2M10 3.5l3 3-3 3",
  refresh: "M13.5 8A5.5 5.5 0 1 1 11.9 4.1L13.5 5.7M13.5 2.5v3.2h-3.2",
  save: "M2.5 2.5h8.5l2.5 2.5v8.5h-11ZM5 2.5v4h5.5v-4M5 13.5v-4h6v4",
  search: "M7 12.2a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4ZM11 11l3.5 3.5",
  settings: "M2 4.5h6M11 4.5h3M2 11.5h3M8 11.5h6M9.5 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM6.5 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
  stop: "M4 4h8v8H4Z",
  table: "M2 2.5h12v11H2ZM2 6h12M2 9.7h12M6 6v7.5",
  trash: "M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.7 6.5v4.5M9.3 6.5v4.5",
  undo: "M3 6.5h7a3.5 3.5 0 0 1 0 7H8M6 3.5l-3 3 3 3",
  upload: "M8 11V3M4.8 6 8 2.8 11.2 6M2.5 13.5h11",
  warning: "M8 2 14.5 13.5h-13ZM8 6.2v3.4M8 11.6v.1",
} as const;

export type IconName = keyof typeof PATHS;

/** An icon for the eye only; the button around it needs a text or an `aria-label`. */
export function icon(name: IconName): SVGSVGElement {
  return s(
    "svg",
    { class: "wb-icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", focusable: "false" },
    s("path", { d: PATHS[name] }),
  );
}
