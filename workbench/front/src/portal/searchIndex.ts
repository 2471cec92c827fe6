/** Finding entries by what people type: words, their beginnings, typing errors, parts of names. */
import MiniSearch from "minisearch";
import { folded } from "./tableModel.ts";

/** Kind (index into kinds), title, url, context, further words. */
export type Entry = readonly [number, string, string, string, string];

export interface SearchData {
  kinds: string[];
  entries: Entry[];
}

export interface Found {
  entries: Entry[];
  total: number;
}

/** With fewer results than this, typing errors are looked for. */
const FEW = 8;

const WEIGHTS: Record<string, number> = {
  dataset: 2.2,
  term: 1.6,
  doc: 1.4,
  page: 1.4,
  column: 1,
  check: 0.8,
  run: 0.7,
};

/** Words of a name: `customerId`, `customer_id` and `Customer ID` have the same. */
export function words(text: string): string[] {
  return folded(text.replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2")).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * Answers at once by looking through all titles; once `prepare` is done, by an index of words too.
 */
export class SearchIndex {
  private readonly titles: string[];
  private readonly rests: string[];
  private readonly weights: number[];
  private readonly index: MiniSearch<{ id: number; title: string; context: string; text: string }>;
  private ready = false;

  constructor(readonly data: SearchData) {
    this.titles = data.entries.map((entry) => folded(entry[1]));
    this.rests = data.entries.map((entry) => folded(`${entry[3]} ${entry[4]}`));
    this.weights = data.entries.map((entry) => WEIGHTS[data.kinds[entry[0]] ?? ""] ?? 1);
    this.index = new MiniSearch({
      fields: ["title", "context", "text"],
      tokenize: words,
      processTerm: (term) => term,
    });
  }

  /** Builds the index in pieces, so that the page stays alive; `pause` waits between them. */
  async prepare(pause: () => Promise<void>): Promise<void> {
    const step = 2000;
    for (let start = 0; start < this.data.entries.length; start += step) {
      const piece = this.data.entries.slice(start, start + step);
      this.index.addAll(
        piece.map(([, title, , context, text], number) => ({ id: start + number, title, context, text })),
      );
      await pause();
    }
    this.ready = true;
  }

  /** The best `most` entries for a query, and how many there are. */
  search(query: string, most = 40): Found {
    const typed = folded(query).trim();
    if (!typed) return { entries: [], total: 0 };
    const scores = this.scan(typed);
    // what contains all words is found already; the index adds what was mistyped
    if (this.ready && scores.size < FEW) this.addIndexed(query, scores);
    const entries = best(scores, most).flatMap((id) => {
      const entry = this.data.entries[id];
      return entry ? [entry] : [];
    });
    return { entries, total: scores.size };
  }

  /** Entries that contain all that was typed, the title counting most. */
  private scan(typed: string): Map<number, number> {
    const parts = typed.split(/\s+/);
    const scores = new Map<number, number>();
    this.titles.forEach((title, id) => {
      const rest = this.rests[id] ?? "";
      let score = 0;
      for (const part of parts) {
        const place = title.indexOf(part);
        if (place >= 0) {
          score += place === 0 || !inWord(title.charCodeAt(place - 1)) ? 6 : 3;
        } else if (rest.includes(part)) {
          score += 1;
        } else {
          return;
        }
      }
      if (title === typed) score += 20;
      else if (title.startsWith(typed)) score += 6;
      // of two names that contain it, the shorter is more likely meant
      scores.set(id, score * (this.weights[id] ?? 1) + 1 / (1 + title.length));
    });
    return scores;
  }

  /** What the index of words finds besides: words in any order, with typing errors. */
  private addIndexed(query: string, scores: Map<number, number>): void {
    const found = this.index.search(query, {
      combineWith: "AND",
      prefix: true,
      fuzzy: (term) => (term.length > 3 ? 0.25 : false),
      boost: { title: 4, context: 1.5 },
    });
    const top = found[0]?.score ?? 1;
    for (const { id, score } of found) {
      if (!scores.has(id)) scores.set(id, (0.9 * score * (this.weights[id] ?? 1)) / top);
    }
  }
}

/** Letters and digits, and all beyond ASCII. */
function inWord(code: number): boolean {
  return code > 127 || (code > 47 && code < 58) || (code > 96 && code < 123) || (code > 64 && code < 91);
}

/** Ids of the highest scores, highest first; of equal ones the earlier. Sorts only those kept. */
function best(scores: ReadonlyMap<number, number>, most: number): number[] {
  const kept: [number, number][] = [];
  for (const [id, score] of scores) {
    const last = kept.at(-1);
    if (kept.length === most && last && score <= last[1]) continue;
    let at = kept.length;
    while (at > 0 && (kept[at - 1]?.[1] ?? 0) < score) at -= 1;
    kept.splice(at, 0, [id, score]);
    if (kept.length > most) kept.pop();
  }
  return kept.map(([id]) => id);
}

/** Where the typed words occur in a text: pieces, marked or not. Accents do not matter. */
export function marked(text: string, query: string): { text: string; hit: boolean }[] {
  const plain: string[] = [];
  const starts: number[] = [];
  let at = 0;
  for (const letter of text) {
    for (const unit of folded(letter)) {
      plain.push(unit);
      starts.push(at);
    }
    at += letter.length;
  }
  starts.push(text.length);
  const flat = plain.join("");
  // units outside the basic plane count double in `flat`: then places would not agree
  if (flat.length !== plain.length) return [{ text, hit: false }];
  const hits = new Array<boolean>(text.length).fill(false);
  for (const part of folded(query).split(/[\s_.-]+/).filter(Boolean)) {
    for (let i = flat.indexOf(part); i >= 0; i = flat.indexOf(part, i + part.length)) {
      hits.fill(true, starts[i], starts[i + part.length]);
    }
  }
  const pieces: { text: string; hit: boolean }[] = [];
  for (let i = 0; i < text.length; ) {
    let end = i + 1;
    while (end < text.length && hits[end] === hits[i]) end += 1;
    pieces.push({ text: text.slice(i, end), hit: hits[i] ?? false });
    i = end;
  }
  return pieces;
}
