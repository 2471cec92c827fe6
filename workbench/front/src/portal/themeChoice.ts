/** Where the choice of light or dark is kept. Storage may be forbidden: then nothing is kept. */

export type Theme = "light" | "dark";

const KEY = "workbench-theme";

export function chosenTheme(): Theme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null;
  }
}

export function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // the page still changes; the next one follows the system
  }
}
