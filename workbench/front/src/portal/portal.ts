/** What pages of the portal do. Every page reads well without it. */
import { enhanceCharts } from "./charts.ts";
import { element } from "./dom.ts";
import { enhanceLineage } from "./lineage.ts";
import { enhanceCode, enhanceTabs, followSections, judgeFreshness, noteSections, tellTimes, themeSwitch } from "./page.ts";
import { enhancePlots } from "./plots.ts";
import { Search } from "./search.ts";
import { enhanceTables } from "./tables.ts";

/** Where buttons go: our header, Quarto's, or a corner of a page that has neither. */
function tools(): HTMLElement {
  const own = document.querySelector<HTMLElement>(".wb-header__tools");
  if (own) return own;
  const made = element("div", { class: "wb-header__tools" });
  const navbar = document.querySelector("#quarto-header .navbar-container, #quarto-header .navbar > *");
  (navbar ?? document.body).append(made);
  return made;
}

function start(): void {
  const place = tools();
  place.prepend(new Search().button);
  place.append(themeSwitch());
  judgeFreshness(); // before tables read their cells
  enhanceTables();
  enhanceTabs();
  enhanceCode();
  enhanceCharts();
  noteSections();
  followSections();
  tellTimes();
  enhanceLineage();
  enhancePlots();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
