/** What outlives a change of language, and how the tabs send people to each other. */
import type { Edits } from "./mending.ts";

export interface State {
  /** The run on show, and its step. */
  run: string;
  step: string;
  status: string;
  dataset: string;
  /** Runs ticked for a comparison. */
  ticked: string[];
  /** Corrections that are not sent yet, by dataset. */
  edits: Record<string, Edits>;
}

export interface Shared extends State {
  compare: (left: string, right: string, dataset: string) => void;
  showRun: (run: string) => void;
  mend: (dataset: string) => void;
}

export function emptyState(): State {
  return { run: "", step: "", status: "", dataset: "", ticked: [], edits: {} };
}
