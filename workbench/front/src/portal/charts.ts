/** Words of charts' marks as tooltips: for the pointer, and for the keyboard with arrows. */
import { announcer, element } from "./dom.ts";
import { say } from "./messages.ts";
import { root } from "./site.ts";

const words = new WeakMap<Element, string>();
const tip = element("div", { class: "wb-tip", hidden: true, "aria-hidden": "true" });

export function enhanceCharts(): void {
  const charts = document.querySelectorAll<SVGSVGElement>(".wb-chart");
  if (!charts.length) return;
  document.body.append(tip);
  const announce = announcer();
  for (const chart of charts) {
    const name = chart.querySelector(":scope > title");
    if (name) {
      // our tooltip replaces the browser's; the name stays for screen readers
      chart.setAttribute("aria-label", name.textContent ?? "");
      name.remove();
    }
    const marks = [...chart.querySelectorAll<SVGElement>(".wb-chart__mark")];
    for (const mark of marks) {
      const title = mark.querySelector("title");
      words.set(mark, title?.textContent ?? "");
      title?.remove();
    }
    // a tab stop for each cell of a table would be a burden; what they show stands beside them
    if (marks.length && chart.closest("figure")) arrows(chart, marks, announce);
  }
  document.addEventListener("pointerover", (event) => {
    const mark = (event.target as Element | null)?.closest?.(".wb-chart__mark");
    if (mark) show(mark, event.clientX, event.clientY);
    else tip.hidden = true;
  });
  document.addEventListener("pointermove", (event) => {
    if (!tip.hidden) place(event.clientX, event.clientY);
  });
  document.addEventListener("click", (event) => {
    const mark = (event.target as Element | null)?.closest?.(".wb-chart__mark");
    if (mark) follow(mark);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tip.hidden = true;
  });
  document.addEventListener("scroll", () => (tip.hidden = true), { passive: true, capture: true });
}

function arrows(chart: SVGSVGElement, marks: SVGElement[], announce: (text: string) => void): void {
  let at = -1;
  chart.setAttribute("tabindex", "0");
  chart.setAttribute("role", "application");
  chart.setAttribute("aria-label", `${chart.getAttribute("aria-label") ?? ""}. ${say("chart.hint")}`);
  const go = (to: number) => {
    marks[at]?.classList.remove("wb-chart__mark--now");
    at = to;
    const mark = marks[at];
    if (!mark) return;
    mark.classList.add("wb-chart__mark--now");
    const box = mark.getBoundingClientRect();
    show(mark, box.left + box.width / 2, box.top);
    announce(words.get(mark) ?? "");
  };
  chart.addEventListener("keydown", (event) => {
    const last = marks.length - 1;
    const moves: Record<string, number> = {
      ArrowRight: Math.min(last, at + 1),
      ArrowDown: Math.min(last, at + 1),
      ArrowLeft: Math.max(0, at - 1),
      ArrowUp: Math.max(0, at - 1),
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    const mark = marks[at];
    if (to !== undefined) {
      event.preventDefault();
      go(to);
    } else if (event.key === "Enter" && mark) {
      follow(mark);
    }
  });
  chart.addEventListener("blur", () => {
    marks[at]?.classList.remove("wb-chart__mark--now");
    at = -1;
    tip.hidden = true;
  });
}

function show(mark: Element, x: number, y: number): void {
  const text = words.get(mark);
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  place(x, y);
}

/** Beside the pointer, inside the window. */
function place(x: number, y: number): void {
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = Math.min(Math.max(8, x - width / 2), innerWidth - width - 8);
  const above = y - height - 12;
  tip.style.left = `${left}px`;
  tip.style.top = `${above < 8 ? y + 16 : above}px`;
}

function follow(mark: Element): void {
  const href = mark.getAttribute("data-href");
  if (!href) return;
  const address = new URL(href, document.baseURI);
  if (address.href.startsWith(root.href)) location.assign(address.href);
}
