/** Moving about in the picture: dragging, zooming, fitting; only what is in view is drawn. */
import { svg } from "./dom.ts";
import type { Arranged } from "./lineageArrange.ts";
import type { Part } from "./lineageView.ts";

const MOST = 2.5;
const LEAST = 0.04;
const FAR = 0.42; // below this, texts cannot be read anyway

export class Motion {
  private x = 0;
  private y = 0;
  private zoom = 1;
  private layer: SVGGElement | null = null;
  private arranged: Arranged | null = null;
  private parts: (Part & { element: SVGElement | null; out: boolean })[] = [];
  private groups: Record<Part["kind"], SVGGElement> | null = null;
  private waiting = false;

  constructor(private readonly canvas: SVGSVGElement) {
    canvas.addEventListener("pointerdown", (event) => this.drag(event));
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
        event.preventDefault();
        this.zoomBy(Math.exp(-event.deltaY / 240), event.clientX, event.clientY);
      },
      { passive: false },
    );
    new ResizeObserver(() => this.update()).observe(canvas);
  }

  /** Takes over a new picture; `apply` draws of it what is in view. */
  show(parts: readonly Part[], arranged: Arranged): void {
    this.arranged = arranged;
    this.parts = parts.map((part) => ({ ...part, element: null, out: false }));
    this.groups = { edge: svg("g", { class: "wb-graph__edges" }), node: svg("g", { class: "wb-graph__nodes" }) };
    this.layer = svg("g", {}, this.groups.edge, this.groups.node);
    this.canvas.replaceChildren(this.layer);
  }

  /**
   * Everything in view, but not larger than life, and not smaller than `least`: then a part of it,
   * from the upper left. With 0 it is all in view, however small.
   */
  fit(least: number): void {
    if (!this.arranged) return;
    const { width, height } = this.size();
    const margin = 28;
    const wide = (width - 2 * margin) / Math.max(1, this.arranged.width);
    const high = (height - 2 * margin) / Math.max(1, this.arranged.height);
    const both = Math.min(wide, high, 1);
    this.zoom = Math.max(LEAST, least, both, least && Math.min(wide, 0.6));
    this.x = Math.max(margin, (width - this.zoom * this.arranged.width) / 2);
    const tall = this.zoom * this.arranged.height;
    this.y = tall > height ? margin : (height - tall) / 2;
    this.apply();
  }

  /** Moves so that a table is in view; in the middle if `middle`. */
  reveal(table: number, middle = false): void {
    const box = this.arranged?.boxes.get(table);
    if (!box) return;
    const { width, height } = this.size();
    const left = this.x + this.zoom * box.x;
    const top = this.y + this.zoom * box.y;
    const inside =
      left > 16 && top > 16 && left + this.zoom * box.width < width - 16 && top + this.zoom * Math.min(box.height, 120) < height - 16;
    if (inside && !middle) return;
    this.x += width / 2 - (left + (this.zoom * box.width) / 2);
    this.y += height / 2 - (top + (this.zoom * Math.min(box.height, height / this.zoom)) / 2);
    this.apply(); // at once: what is out of sight cannot be focused
  }

  zoomBy(factor: number, clientX?: number, clientY?: number): void {
    const frame = this.canvas.getBoundingClientRect();
    const px = clientX === undefined ? frame.width / 2 : clientX - frame.left;
    const py = clientY === undefined ? frame.height / 2 : clientY - frame.top;
    const zoom = Math.min(MOST, Math.max(LEAST, this.zoom * factor));
    this.x = px - ((px - this.x) * zoom) / this.zoom;
    this.y = py - ((py - this.y) * zoom) / this.zoom;
    this.zoom = zoom;
    this.update();
  }

  private size(): { width: number; height: number } {
    return { width: this.canvas.clientWidth || 800, height: this.canvas.clientHeight || 500 };
  }

  private drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    const start = { x: event.clientX, y: event.clientY, atX: this.x, atY: this.y };
    let moved = false;
    const move = (to: PointerEvent) => {
      if (to.pointerId !== event.pointerId) return;
      moved ||= Math.hypot(to.clientX - start.x, to.clientY - start.y) > 4;
      if (!moved) return;
      this.x = start.atX + to.clientX - start.x;
      this.y = start.atY + to.clientY - start.y;
      this.update();
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (!moved) return;
      // a drag that ends over a table is no click on it
      const swallow = (click: Event) => click.stopPropagation();
      addEventListener("click", swallow, { capture: true });
      setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  private update(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.apply();
    });
  }

  /** Draws what is in view where it is now. */
  apply(): void {
    const { x, y, zoom } = this;
    this.layer?.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${zoom.toFixed(4)})`);
    this.canvas.classList.toggle("wb-graph--far", zoom < FAR);
    this.cull();
  }

  /** Draws what comes into sight and hides what leaves it: a thousand tables stay fluid. */
  private cull(): void {
    const { width, height } = this.size();
    const left = (-this.x - 100) / this.zoom;
    const top = (-this.y - 100) / this.zoom;
    const right = (width - this.x + 100) / this.zoom;
    const bottom = (height - this.y + 100) / this.zoom;
    for (const part of this.parts) {
      const out = part.right < left || part.left > right || part.bottom < top || part.top > bottom;
      if (!part.element) {
        if (out) continue;
        part.element = part.make();
        this.groups?.[part.kind].append(part.element);
      } else if (out !== part.out) {
        part.element.setAttribute("visibility", out ? "hidden" : "visible");
      }
      part.out = out;
    }
  }
}
