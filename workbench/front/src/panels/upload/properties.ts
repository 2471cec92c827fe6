/** How a file is read: each property as detected, with how sure that is, and as corrected. */
import type { Client } from "../client.ts";
import { freshId, h, put } from "../dom.ts";
import { choices, shownValue, stated, type Choice, type Detection } from "./detection.ts";
import type { Item } from "./shelf.ts";

const OTHER = "\u0000other";
const DETECTED = "\u0000detected";

/** The controls; `draw` shows another detection in them without losing focus. */
export function properties(
  client: Client,
  item: Item,
  found: Detection,
  changed: () => void,
): { element: HTMLElement; draw: (found: Detection) => void } {
  const controls = choices(found).map((choice) => control(client, item, choice, changed));
  const draw = (next: Detection): void => controls.forEach((each) => each.draw(next));
  draw(found);
  return { element: h("div", { class: "wb-properties" }, controls.map(({ element }) => element)), draw };
}

function control(
  client: Client,
  item: Item,
  choice: Choice,
  changed: () => void,
): { element: HTMLElement; draw: (found: Detection) => void } {
  const { text } = client;
  const { key } = choice;
  const id = freshId(key);
  const why = freshId("why");
  const label = text(`upload.property.${key}`);
  const detected = h("option", { value: DETECTED });
  const select = h(
    "select",
    { id, class: "wb-select", "aria-describedby": why },
    detected,
    choice.values.map((value) => h("option", { value }, named(value))),
    choice.free && h("option", { value: OTHER }, text("upload.property.else")),
  );
  const input = h("input", { class: "wb-input", type: "text", "aria-label": label, hidden: true, autocomplete: "off" });
  const sure = h("span", { class: "wb-badge" });
  const evidence = h("span", { class: "wb-soft", id: why });

  function named(value: string): string {
    if (value === "none") return text(key === "header" ? "upload.property.header.none" : "upload.property.none");
    if (value === " ") return text("upload.property.space");
    return value;
  }

  function state(written: string): void {
    const value = stated(key, written);
    if (value === undefined) delete item.corrections.reading[key];
    else item.corrections.reading[key] = value;
    changed();
  }

  select.addEventListener("change", () => {
    input.hidden = select.value !== OTHER;
    if (select.value === OTHER) {
      input.focus();
      return;
    }
    state(select.value === DETECTED ? "" : select.value);
  });
  input.addEventListener("change", () => state(input.value.trim()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") state(input.value.trim());
  });

  function draw(found: Detection): void {
    const finding = found.properties[key];
    const given = item.corrections.reading[key];
    const value = finding ? shownValue(key, finding.value) : "";
    if (!finding?.given) {
      put(detected, value ? text("upload.property.detected", { value: named(value) }) : text("upload.property.nothing"));
    } else put(detected, text("upload.property.detect"));
    if (given === undefined) select.value = DETECTED;
    else {
      const shown = shownValue(key, given);
      const known = choice.values.includes(shown);
      select.value = known ? shown : OTHER;
      if (!known && document.activeElement !== input) input.value = shown;
    }
    input.hidden = select.value !== OTHER;
    const chosen = Boolean(finding?.given);
    sure.hidden = !finding || (!chosen && !value); // how sure nothing is, nobody asks
    if (finding) {
      sure.textContent = chosen ? text("upload.sure.chosen") : text("upload.sure", { percent: Math.round(finding.confidence * 100) });
      sure.classList.toggle("wb-badge--warning", !chosen && finding.confidence < 0.7);
      sure.classList.toggle("wb-badge--success", chosen);
      evidence.textContent = chosen ? "" : finding.evidence;
    } else evidence.textContent = "";
  }

  const element = h(
    "div",
    { class: "wb-property" },
    h("label", { for: id }, label),
    h("span", { class: "wb-row wb-property-control" }, select, input, sure),
    evidence,
  );
  return { element, draw };
}
