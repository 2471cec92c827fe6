/** The Upload panel. */
import { definePanel } from "../client.ts";
import { h } from "../dom.ts";

export default definePanel((root) => {
  root.append(h("p", null, ""));
});
