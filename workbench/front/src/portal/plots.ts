/** Plotly figures of notebooks: drawn from the page's own JSON when they come into view. */
import { element } from "./dom.ts";
import { say } from "./messages.ts";
import { load } from "./site.ts";

interface Figure {
  data?: unknown[];
  layout?: Record<string, unknown>;
}

interface PlotlyApi {
  newPlot(at: HTMLElement, data: unknown[], layout: object, config: object): Promise<unknown>;
  relayout(at: HTMLElement, layout: object): Promise<unknown>;
}

declare global {
  interface Window {
    Plotly?: PlotlyApi;
  }
}

/** Without buttons and without ways out of the page. */
const CONFIG = {
  responsive: true,
  displayModeBar: false,
  displaylogo: false,
  showTips: false,
  scrollZoom: false,
};

const RULES = "plotly.js-style-global"; // Plotly looks for it before it adds rules

export function enhancePlots(): void {
  const figures = document.querySelectorAll<HTMLElement>(".wb-plotly");
  if (!figures.length) return;
  const drawn: HTMLElement[] = [];
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        void draw(target as HTMLElement).then((canvas) => canvas && drawn.push(canvas));
      }
    },
    { rootMargin: "300px" },
  );
  for (const figure of figures) watch.observe(figure);
  document.addEventListener("wb-theme", () => {
    for (const canvas of drawn) void window.Plotly?.relayout(canvas, colours());
  });
}

async function draw(figure: HTMLElement): Promise<HTMLElement | null> {
  const source = figure.querySelector('script[type="application/json"]');
  const canvas = element("div", {
    class: "wb-plotly__canvas",
    role: "img",
    "aria-label": figure.dataset["label"] ?? figure.querySelector("figcaption")?.textContent ?? "",
  });
  const status = element("p", { class: "wb-muted wb-small", role: "status" }, say("plot.loading"));
  figure.prepend(canvas, status);
  try {
    const { data, layout }: Figure = JSON.parse(source?.textContent ?? "{}");
    allowStyles();
    await load("plotly.min.js");
    if (!window.Plotly) throw new Error("Plotly");
    const { width: _, ...kept } = layout ?? {};
    await window.Plotly.newPlot(canvas, data ?? [], { ...kept, autosize: true }, CONFIG);
    await window.Plotly.relayout(canvas, colours());
    status.remove();
    return canvas;
  } catch {
    canvas.remove();
    status.textContent = say("plot.failed");
    return null;
  }
}

/**
 * Lets Plotly draw under a policy that forbids inline styles: scripts may style, markup may not.
 * Style attributes go through the style object, which the policy allows. Rules that Plotly would add
 * are left out (portal.css has those that its figures need).
 */
function allowStyles(): void {
  if (document.getElementById(RULES)) return;
  document.head.append(element("meta", { id: RULES, class: "no-inline-styles" }));
  const { setAttribute } = Element.prototype;
  Element.prototype.setAttribute = function (name: string, value: string) {
    if (name === "style" && (this instanceof HTMLElement || this instanceof SVGElement)) {
      this.style.cssText = String(value);
    } else {
      setAttribute.call(this, name, value);
    }
  };
  const createElement = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) =>
    createElement(name === "style" ? "meta" : name, options)) as typeof document.createElement;
}

/** The page's colours in Plotly's words. */
function colours(): Record<string, unknown> {
  const probe = element("span", { class: "wb-muted", hidden: true });
  document.body.append(probe);
  const token = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const [ink, line] = [token("--wb-ink-2"), token("--wb-line")];
  probe.remove();
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    "font.color": ink,
    "xaxis.gridcolor": line,
    "yaxis.gridcolor": line,
    "xaxis.zerolinecolor": line,
    "yaxis.zerolinecolor": line,
  };
}
