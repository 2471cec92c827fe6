/** Texts of the scripts. The page's language comes as `window.PORTAL_MESSAGES`; English is here. */

export const ENGLISH = {
  "search.open": "Search",
  "search.label": "Search the portal",
  "search.placeholder": "Datasets, columns, runs, terms, docs",
  "search.results": "Results",
  "search.hint": "Type to search",
  "search.loading": "Loading the index…",
  "search.failed": "The search index could not be loaded.",
  "search.none": "Nothing found for “{query}”.",
  "search.found.one": "1 result",
  "search.found.other": "{count} results",
  "search.found.more": "{count} results, the best {shown} shown",
  "search.close": "Close",
  "search.key.move": "move",
  "search.key.open": "open",
  "search.key.close": "close",
  "kind.dataset": "Dataset",
  "kind.column": "Column",
  "kind.run": "Run",
  "kind.term": "Term",
  "kind.doc": "Docs",
  "kind.page": "Page",
  "kind.check": "Check",
  "theme.dark": "Switch to dark theme",
  "theme.light": "Switch to light theme",
  "table.filter": "Filter rows",
  "table.rows.one": "1 row",
  "table.rows.other": "{count} rows",
  "table.filtered": "{shown} of {count} rows",
  "table.none": "No row has this.",
  "table.columns": "Columns",
  "table.export": "CSV",
  "table.export.label": "Download the rows shown as CSV",
  "table.sort": "sort",
  "code.copy": "Copy",
  "code.copied": "Copied",
  "code.failed": "Could not copy",
  "chart.hint": "Arrow keys read the values.",
  "plot.loading": "Loading the plot…",
  "plot.failed": "This plot could not be drawn.",
  "lineage.graph": "Lineage graph",
  "lineage.hint": "Drag to move, scroll with Ctrl to zoom. With the keyboard: arrows move between tables, Enter looks closer, plus and minus zoom.",
  "lineage.failed": "The lineage could not be loaded; the table below has all of it.",
  "lineage.focus": "Focus on",
  "lineage.focus.all": "All tables",
  "lineage.clear": "Show all",
  "lineage.depth": "Steps",
  "lineage.depth.all": "all",
  "lineage.direction": "Direction",
  "lineage.direction.both": "both ways",
  "lineage.direction.up": "where it comes from",
  "lineage.direction.down": "what uses it",
  "lineage.level": "Level",
  "lineage.level.table": "tables",
  "lineage.level.column": "columns",
  "lineage.level.many": "Columns are shown for up to {most} tables: focus on one, or take fewer steps.",
  "lineage.impact": "What breaks if this changes?",
  "lineage.impact.title": "If {name} changes",
  "lineage.impact.none": "Nothing is made from it: a change breaks nothing here.",
  "lineage.impact.tables.one": "1 table depends on it",
  "lineage.impact.tables.other": "{count} tables depend on it",
  "lineage.impact.targets.one": "1 of them is a target outside",
  "lineage.impact.targets.other": "{count} of them are targets outside",
  "lineage.impact.columns.one": "1 column is computed from it",
  "lineage.impact.columns.other": "{count} columns are computed from it",
  "lineage.impact.rows.one": "the rows of 1 table depend on it (filter, join or deduplication)",
  "lineage.impact.rows.other": "the rows of {count} tables depend on it (filter, join or deduplication)",
  "lineage.impact.values": "Values change",
  "lineage.impact.membership": "Which rows there are may change",
  "lineage.steps.one": "1 step away",
  "lineage.steps.other": "{count} steps away",
  "lineage.close": "Close",
  "lineage.open": "Open its page",
  "lineage.from": "Made from",
  "lineage.to": "Used by",
  "lineage.nothing": "nothing recorded",
  "lineage.shown.one": "1 table shown",
  "lineage.shown.other": "{count} tables shown",
  "lineage.zoom.in": "Zoom in",
  "lineage.zoom.out": "Zoom out",
  "lineage.zoom.fit": "Fit all",
  "lineage.more.one": "1 more column",
  "lineage.more.other": "{count} more columns",
  "lineage.source": "source",
  "lineage.dataset": "dataset",
  "lineage.target": "target",
  "layer.raw": "raw",
  "layer.bronze": "bronze",
  "layer.silver": "silver",
  "layer.gold": "gold",
  "layer.target": "target",
  "edge.direct": "direct",
  "edge.derived": "derived",
  "edge.aggregated": "aggregated",
  "edge.filter": "filter",
  "edge.join": "join",
  "edge.dedupe": "deduplication",
  "status.success": "Success",
  "status.failed": "Failed",
  "status.running": "Running",
  "status.queued": "Queued",
  "status.pending": "Pending",
  "status.cancelled": "Cancelled",
  "status.skipped": "Skipped",
  "status.fresh": "Fresh",
  "status.late": "Late",
  "status.stale": "Stale",
} as const;

export type Key = keyof typeof ENGLISH;

declare global {
  interface Window {
    PORTAL_MESSAGES?: Record<string, string>;
  }
}

type Values = Record<string, string | number>;

/** The text of a key, with `{names}` replaced; numbers are written as the language does. */
export function say(key: Key, values: Values = {}): string {
  const template = globalThis.window?.PORTAL_MESSAGES?.[key] ?? ENGLISH[key];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? grouped(value) : value;
  });
}

type Counted = { [K in Key]: K extends `${infer Stem}.one` ? Stem : never }[Key];

/** The singular or plural of a text about `count` things. */
export function count(stem: Counted, count: number): string {
  return say(`${stem}.${count === 1 ? "one" : "other"}` as Key, { count });
}

/** A word that data carries (a status, a kind), if there is a text for it; else the word. */
export function word(prefix: "kind" | "layer" | "edge" | "status" | "lineage", text: string): string {
  const key = `${prefix}.${text}`;
  return globalThis.window?.PORTAL_MESSAGES?.[key] ?? (ENGLISH as Record<string, string>)[key] ?? text;
}

let format: Intl.NumberFormat | undefined;

function grouped(value: number): string {
  format ??= new Intl.NumberFormat(globalThis.document?.documentElement.lang || "en");
  return format.format(value);
}
