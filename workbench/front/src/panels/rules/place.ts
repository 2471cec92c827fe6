/** Where in a YAML text a cursor is: the path of keys there, also while the text is unfinished. */

export interface Place {
  /** Path of the mapping or list that the cursor is in, or of the key whose value it is at. */
  path: (string | number)[];
  at: "key" | "value";
  /** What is typed already, and where it begins. */
  prefix: string;
  from: number;
  flow: boolean;
}

interface Level {
  indent: number;
  key: string | number;
}

interface Flow {
  open: "{" | "[";
  key: string | null;
  index: number;
}

const KEY = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#&*!|>'"%@`{}[\],?:-][^#]*?|-[^\s#][^#]*?))\s*:(?=\s|$)/;

export class Scanner {
  readonly keys = new Map<string, string[]>();
  private stack: Level[] = [];
  private flow: Flow[] = [];
  private blockIndent = -1;

  /** Reads a text; `stop` is a position, and the answer says where that is. */
  scan(text: string, stop: number): Place {
    let start = 0;
    let found: Place | null = null;
    for (;;) {
      const next = text.indexOf("\n", start);
      const end = next < 0 ? text.length : next;
      const here = stop >= start && stop <= end;
      const place = this.line(text.slice(start, end), here ? stop - start : -1);
      if (place && here) found = { ...place, from: place.from + start };
      if (next < 0) break;
      start = next + 1;
    }
    return found ?? { path: [], at: "key", prefix: "", from: stop, flow: false };
  }

  /** The keys that a mapping has already. */
  keysAt(path: readonly (string | number)[]): string[] {
    return this.keys.get(JSON.stringify(path)) ?? [];
  }

  private path(): (string | number)[] {
    return this.stack.map(({ key }) => key);
  }

  private note(path: readonly (string | number)[], key: string): void {
    const at = JSON.stringify(path);
    this.keys.set(at, [...(this.keys.get(at) ?? []), key]);
  }

  private line(line: string, cursor: number): Place | null {
    if (this.flow.length) return this.inFlow(line, 0, cursor);
    const indent = line.length - line.trimStart().length;
    if (this.blockIndent >= 0) {
      if (line.trim() === "" || indent > this.blockIndent) return cursor >= 0 ? this.place("value", "", cursor) : null;
      this.blockIndent = -1;
    }
    if (line.trim() === "") {
      if (cursor < 0) return null;
      const level = this.above(cursor, false);
      return { path: level.map(({ key }) => key), at: "key", prefix: "", from: cursor, flow: false };
    }
    if (line.trimStart().startsWith("#")) return null;
    let at = indent;
    while (line[at] === "-" && (line[at + 1] === " " || at + 1 === line.length)) {
      this.stack = this.above(at, true);
      const top = this.stack.at(-1);
      if (top && typeof top.key === "number" && top.indent === at) top.key += 1;
      else this.stack.push({ indent: at, key: 0 });
      at++;
      while (line[at] === " ") at++;
      if (cursor >= 0 && cursor <= at) return this.place("key", "", cursor);
    }
    const match = KEY.exec(line.slice(at));
    if (!match) {
      const flow = "{[".includes(line[at] ?? " ");
      if (flow && line[at] !== undefined) return this.inFlow(line, at, cursor);
      if (cursor < 0) return null;
      if (at === indent) this.stack = this.above(at, false);
      return this.place("key", line.slice(at, cursor), at);
    }
    const key = unquoted(match);
    this.stack = this.above(at, false);
    const path = this.path();
    this.note(path, key);
    const colon = at + match[0].length;
    if (cursor >= 0 && cursor < colon) return { path, at: "key", prefix: line.slice(at, cursor), from: at, flow: false };
    this.stack.push({ indent: at, key });
    let value = colon;
    while (line[value] === " ") value++;
    const sign = line[value];
    if (sign === "|" || sign === ">") this.blockIndent = at;
    if (sign === "{" || sign === "[") return this.inFlow(line, value, cursor);
    return cursor >= 0 ? this.place("value", line.slice(Math.min(value, cursor), cursor), Math.min(value, cursor)) : null;
  }

  private place(at: "key" | "value", prefix: string, from: number): Place {
    return { path: this.path(), at, prefix, from, flow: false };
  }

  /** The levels that something at a column stands within; items stand within a key of their column. */
  private above(column: number, dash: boolean): Level[] {
    const levels = [...this.stack];
    for (;;) {
      const top = levels.at(-1);
      if (!top) return levels;
      if (dash ? top.indent <= column : top.indent < column) return levels;
      levels.pop();
    }
  }

  private inFlow(line: string, from: number, cursor: number): Place | null {
    let token = from;
    let found: Place | null = null;
    const look = (at: number): void => {
      if (found || cursor < 0 || cursor > at) return;
      const top = this.flow.at(-1);
      const path = this.flowPath();
      let begin = token;
      while (line[begin] === " " && begin < cursor) begin++;
      const prefix = line.slice(begin, cursor);
      const isKey = top?.open === "{" && top.key === null;
      found = { path, at: isKey ? "key" : "value", prefix, from: begin, flow: true };
    };
    for (let at = from; at < line.length; at++) {
      const sign = line[at]!;
      const top = this.flow.at(-1);
      if (sign === '"' || sign === "'") {
        const end = closing(line, at, sign);
        if (cursor > at && cursor <= end) look(cursor);
        at = end;
        continue;
      }
      if (sign === "#" && (at === 0 || line[at - 1] === " ")) break;
      if (sign === "{" || sign === "[") {
        look(at);
        this.flow.push({ open: sign, key: null, index: 0 });
        token = at + 1;
      } else if (sign === "}" || sign === "]") {
        look(at);
        if (top?.open === "{" && top.key === null) this.noteFlow(line.slice(token, at));
        this.flow.pop();
        token = at + 1;
        if (!this.flow.length) break;
      } else if (sign === "," && top) {
        look(at);
        if (top.open === "{" && top.key === null) this.noteFlow(line.slice(token, at));
        top.key = null;
        top.index++;
        token = at + 1;
      } else if (sign === ":" && top?.open === "{" && top.key === null && /[\s,}\]]|^$/.test(line[at + 1] ?? "")) {
        look(at);
        top.key = this.noteFlow(line.slice(token, at));
        token = at + 1;
      }
    }
    if (cursor >= 0) look(Math.max(cursor, line.length));
    return found;
  }

  private flowPath(): (string | number)[] {
    const path = this.path();
    this.flow.forEach((level, depth) => {
      const last = depth === this.flow.length - 1;
      if (level.open === "[") path.push(level.index);
      else if (level.key !== null) path.push(level.key);
      else if (!last) path.push("");
    });
    return path;
  }

  private noteFlow(text: string): string {
    const key = text.trim().replace(/^"(.*)"$|^'(.*)'$/, "$1$2");
    if (key) this.note(this.flowPath(), key);
    return key;
  }
}

function unquoted(match: RegExpExecArray): string {
  if (match[1] !== undefined) {
    try {
      return String(JSON.parse(`"${match[1]}"`));
    } catch {
      return match[1];
    }
  }
  return match[2] !== undefined ? match[2].replaceAll("''", "'") : (match[3] ?? "").trim();
}

function closing(line: string, at: number, quote: string): number {
  for (let end = at + 1; end < line.length; end++) {
    if (quote === '"' && line[end] === "\\") end++;
    else if (line[end] === quote) return end;
  }
  return line.length;
}

/** Where a position of a text is, and the keys that its mapping has. */
export function placeAt(text: string, position: number): Place & { existing: string[] } {
  const scanner = new Scanner();
  const place = scanner.scan(text, position);
  return { ...place, existing: scanner.keysAt(place.path) };
}
