/** Texts by lines: what changed, how two changes of one text go together, and line breaks kept. */

export type Piece = { kind: "same" | "changed"; mine: string[]; theirs: string[] };

/** The longest common lines of two texts as pairs of indexes. */
export function common(a: readonly string[], b: readonly string[]): [number, number][] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const rows = endA - start;
  const columns = endB - start;
  const pairs: [number, number][] = [];
  for (let each = 0; each < start; each++) pairs.push([each, each]);
  if (rows * columns <= 4_000_000) {
    const width = columns + 1;
    const best = new Uint32Array((rows + 1) * width);
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--) {
        best[i * width + j] =
          a[start + i] === b[start + j]
            ? best[(i + 1) * width + j + 1]! + 1
            : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
      }
    }
    for (let i = 0, j = 0; i < rows && j < columns; ) {
      if (a[start + i] === b[start + j]) pairs.push([start + i++, start + j++]);
      else if (best[(i + 1) * width + j]! >= best[i * width + j + 1]!) i++;
      else j++;
    }
  }
  for (let each = 0; endA + each < a.length; each++) pairs.push([endA + each, endB + each]);
  return pairs;
}

/** Two texts side by side, as pieces that are the same and pieces that differ. */
export function compare(mine: string, theirs: string): Piece[] {
  const a = mine.split("\n");
  const b = theirs.split("\n");
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  for (const [x, y] of [...common(a, b), [a.length, b.length] as [number, number]]) {
    if (x > i || y > j) pieces.push({ kind: "changed", mine: a.slice(i, x), theirs: b.slice(j, y) });
    if (x < a.length) {
      const last = pieces.at(-1);
      if (last?.kind === "same") {
        last.mine.push(a[x]!);
        last.theirs.push(b[y]!);
      } else pieces.push({ kind: "same", mine: [a[x]!], theirs: [b[y]!] });
    }
    i = x + 1;
    j = y + 1;
  }
  return pieces;
}

/** Both changes of `base` in one text; `null` where they touch the same lines. */
export function merge(base: string, mine: string, theirs: string): string | null {
  const lines = base.split("\n");
  const [a, b] = [mine.split("\n"), theirs.split("\n")];
  const toA = new Map(common(lines, a));
  const toB = new Map(common(lines, b));
  const out: string[] = [];
  let [from, i, j] = [0, 0, 0];
  for (let at = 0; at <= lines.length; at++) {
    const x = at < lines.length ? toA.get(at) : a.length;
    const y = at < lines.length ? toB.get(at) : b.length;
    if (x === undefined || y === undefined) continue;
    const was = lines.slice(from, at).join("\n");
    const [one, other] = [a.slice(i, x), b.slice(j, y)];
    if (one.join("\n") === other.join("\n") && one.length === other.length) out.push(...one);
    else if (other.join("\n") === was && other.length === at - from) out.push(...one);
    else if (one.join("\n") === was && one.length === at - from) out.push(...other);
    else return null;
    if (at < lines.length) out.push(lines[at]!);
    [from, i, j] = [at + 1, x + 1, y + 1];
  }
  return out.join("\n");
}

/**
 * A text that an editor gave back with plain line breaks, with those of the original: lines that
 * stayed keep theirs, new ones get what the original mostly has.
 */
export function withBreaks(original: string, edited: string): string {
  const mark = original.startsWith("\ufeff") ? "\ufeff" : "";
  const old = original.slice(mark.length).split(/(\r\n|\r|\n)/);
  const lines = old.filter((_, index) => index % 2 === 0);
  const breaks = old.filter((_, index) => index % 2 === 1);
  if (breaks.every((each) => each === "\n")) return mark + edited;
  const usual = breaks[0] ?? "\n";
  const now = edited.split("\n");
  const kept = new Map(common(lines, now).map(([was, is]) => [is, was]));
  return mark + now.map((line, index) => (index < now.length - 1 ? line + (breaks[kept.get(index) ?? -1] ?? usual) : line)).join("");
}

/** The text as an editor shows it: without its byte order mark, line breaks plain. */
export function plain(text: string): string {
  return text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
}

/** The smallest replacement that makes one text of another. */
export function replacement(before: string, after: string): { from: number; to: number; insert: string } | null {
  if (before === after) return null;
  let from = 0;
  const most = Math.min(before.length, after.length);
  while (from < most && before.charCodeAt(from) === after.charCodeAt(from)) from++;
  let end = 0;
  while (end < most - from && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end++;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

/** A place of the kernel (line and column from 1, by characters) as a position in the text. */
export function positionOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let each = 1; each < line; each++) {
    const next = text.indexOf("\n", start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  let at = start;
  for (let each = 1; each < column && at < text.length && text[at] !== "\n"; each++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}
