/** The Upload panel: files come in, are looked at and corrected, and become deliveries or datasets. */
import { definePanel } from "../client.ts";
import { h } from "../dom.ts";
import { detail } from "./detail.ts";
import { intake } from "./intake.ts";
import { list } from "./list.ts";
import { Shelf } from "./shelf.ts";

export default definePanel((root, client) => {
  const shelf = client.keep("shelf", () => new Shelf(client));
  shelf.use(client);
  const files = list(client, shelf);
  const chosen = h("div", { class: "wb-detail", hidden: true });
  const detailed = detail(client, shelf, chosen);
  const draw = (): void => {
    files.draw();
    detailed.draw();
  };
  root.append(intake(client, shelf), files.element, chosen);
  const off = shelf.onChange(draw);
  draw();
  client.onGone(() => shelf.changed());
  shelf.load().catch((error) => client.showError(error));
  return off;
});
