/** What the kernel tells of datasets, columns and terms. */
import type { SearchData } from "../../portal/searchIndex.ts";
import type { Problem } from "../client.ts";
import type { Differing } from "../conflict.ts";

export type Use = [dataset: string, column: string];

export interface Term {
  key: string;
  name: string;
  definition: string;
  synonyms: string[];
  owner: string;
  uses: Use[];
}

export interface Brief {
  name: string;
  title: string;
  layer: string;
  said: number;
  total: number;
}

export interface Overview {
  search: SearchData;
  datasets: Brief[];
  terms: Term[];
  unknown: Record<string, Use[]>;
  problems: Problem[];
  unsaved: string[];
}

export interface Column {
  name: string;
  type: string;
  original: string | null;
  key: boolean;
  nullable: boolean;
  published: boolean;
  description: string;
  term: string | null;
  mask: boolean | null;
  nulls: number | null;
  distinct: number | null;
}

export interface Facts {
  name: string;
  title: string;
  description: string;
  owner: string;
  tags: string[];
  layer: string;
  file: string;
  version: number | null;
  rows: number | null;
  published_at: string | null;
  columns: Column[];
  needs: string[];
  used_by: string[];
  targets: string[];
  said: [number, number];
  draft: { file: string; dirty: boolean; can_undo: boolean; can_redo: boolean; changed_lines: number[]; problems: Problem[] };
}

export interface Saved {
  saved: string[];
  conflicts: Differing[];
  overview: Overview;
}

/** What is on show. */
export interface Place {
  kind: "dataset" | "term";
  name: string;
  /** A column to look at. */
  column: string;
}
