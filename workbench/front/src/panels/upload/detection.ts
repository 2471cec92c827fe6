/** What the kernel found out about a file. */

export interface Finding {
  value: any;
  given: boolean;
  confidence: number;
  evidence: string;
}

export interface ColumnGuess {
  name: string;
  original?: string | null;
  type?: string;
  confidence?: number;
  decimal?: string | null;
  thousands?: string | null;
  format?: string | null;
  ambiguous?: string | null;
  evidence?: string;
  given?: boolean;
}

export interface CastTrial {
  values: number;
  failed: number;
  examples: { row: number; text: string }[];
}

export interface Detection {
  file: string;
  format: "csv" | "excel";
  bytes: number;
  partial: boolean;
  looked_at: number;
  sheets_there?: string[];
  properties: Record<string, Finding | undefined>;
  columns: ColumnGuess[];
  rows: (string | null)[][];
  row_numbers: number[];
  ledger: Record<string, any>;
  unparseable: { _row: number; text: string; reason: string }[];
  preamble?: string[];
  footer?: string[];
  warnings: string[];
  casts: Record<string, CastTrial | undefined>;
}

/** A control for one property of reading: what it shows for a finding, and what it states. */
export interface Choice {
  key: string;
  /** Values to choose from, as they stand in a spec. */
  values: readonly string[];
  /** Anything else may be given as well. */
  free: boolean;
}

const ENCODINGS = ["utf-8", "latin-1", "cp1252", "utf-16", "cp850", "mac_roman"];

/** The properties that make sense for a file, in order. */
export function choices(found: Detection): Choice[] {
  const text = found.format === "csv";
  return [
    ...(text
      ? [
          { key: "encoding", values: ENCODINGS, free: true },
          { key: "delimiter", values: [";", ",", "tab", "|"], free: true },
          { key: "quote", values: ['"', "'", "none"], free: false },
        ]
      : [{ key: "sheet", values: found.sheets_there ?? [], free: false }]),
    { key: "header", values: ["none"], free: true },
    { key: "decimal", values: [".", ","], free: false },
    { key: "thousands", values: [".", ",", " ", "'", "none"], free: false },
    { key: "footer", values: ["none"], free: true },
    { key: "null_values", values: [], free: true },
  ];
}

/** What a finding is, as its control writes it: `\t` as tab, the header by its line. */
export function shownValue(key: string, value: any): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return "";
  if (key === "header") return value === "none" || value.rows === 0 ? "none" : String(value.line ?? value);
  if (key === "delimiter" && value === "\t") return "tab";
  if (key === "footer") return value === 0 ? "none" : String(value);
  if (Array.isArray(value)) return value.join(", ");
  return String(value);
}

/** What somebody wrote into a control, as an option of reading; `undefined`: let it be detected. */
export function stated(key: string, written: string): unknown {
  if (written === "") return undefined;
  if (key === "header" || key === "footer") return /^\d+$/.test(written) ? Number(written) : written;
  if (key === "null_values") {
    return written
      .split(",")
      .map((each) => each.trim())
      .filter(Boolean);
  }
  return written;
}

export const TYPES = ["text", "integer", "decimal(18,2)", "number", "boolean", "date", "timestamp", "time"];

/** Whether a type is written with marks, with a format, or with neither. */
export function writtenWith(type: string): "marks" | "format" | null {
  if (/^(integer|number|decimal)/.test(type)) return "marks";
  return ["date", "timestamp", "time"].includes(type) ? "format" : null;
}
