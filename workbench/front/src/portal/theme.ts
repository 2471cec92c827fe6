/** Runs in <head> before the first paint: the chosen theme, else the system's. */
import { chosenTheme } from "./themeChoice.ts";

const chosen = chosenTheme();
if (chosen) document.documentElement.dataset["theme"] = chosen;
document.documentElement.classList.add("wb-js");
