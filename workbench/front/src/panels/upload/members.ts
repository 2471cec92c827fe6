/** The files in an archive: which of them are taken. */
import type { Client } from "../client.ts";
import { freshId, h, put } from "../dom.ts";
import { size } from "../texts.ts";
import type { Item, Shelf } from "./shelf.ts";

interface Member {
  index: number;
  name: string;
  size: number | null;
  packed: number;
  refused: string;
}

export async function members(client: Client, shelf: Shelf, item: Item, root: HTMLElement): Promise<void> {
  const { text, language } = client;
  const found = await client.busy(text("upload.members.looking"), (options) =>
    client.call<Member[]>("members", { item: item.id }, options),
  );
  if (!found) return;
  const chosen = new Set<number>();
  const take = h(
    "button",
    {
      type: "button",
      class: "wb-button wb-button--primary",
      disabled: true,
      onclick: () => void shelf.unpack(item, [...chosen]),
    },
    text("upload.members.take", { count: 0 }),
  );
  const changed = (): void => {
    take.disabled = chosen.size === 0;
    take.textContent = text("upload.members.take", { count: chosen.size });
  };
  const rows = found.map((member) => {
    const id = freshId("member");
    const box = h("input", { id, type: "checkbox", disabled: Boolean(member.refused) });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(member.index);
      else chosen.delete(member.index);
      changed();
    });
    return {
      box,
      element: h(
        "li",
        { class: "wb-member" },
        box,
        h("label", { for: id }, member.name),
        h("span", { class: "wb-soft" }, member.size === null ? "" : size(member.size, language)),
        member.refused && h("span", { class: "wb-badge wb-badge--warning" }, member.refused),
      ),
    };
  });
  const all = h(
    "button",
    {
      type: "button",
      class: "wb-button",
      onclick: () => {
        for (const { box } of rows) {
          if (!box.disabled && !box.checked) box.click();
        }
      },
    },
    text("upload.members.all"),
  );
  put(
    root,
    h("h3", { class: "wb-heading" }, text("upload.members.title", { name: item.name, count: found.length })),
    h("ul", { class: "wb-members" }, rows.map(({ element }) => element)),
    h("div", { class: "wb-row" }, take, all),
  );
  const only = rows.filter(({ box }) => !box.disabled);
  if (only.length === 1) only[0]!.box.click();
}
