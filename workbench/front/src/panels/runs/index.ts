/** The Runs panel: runs as they go on, two of them side by side, and refused rows to be mended. */
import { definePanel } from "../client.ts";
import { tabs } from "../tabs.ts";
import type { Change } from "../running/types.ts";
import { compareTab } from "./compare.ts";
import { listTab } from "./list.ts";
import { quarantineTab } from "./quarantine.ts";
import { emptyState, type Shared } from "./state.ts";

export default definePanel((root, client) => {
  const shared: Shared = Object.assign(client.keep("state", emptyState), {
    compare(left: string, right: string, dataset: string) {
      comparing.choose(left, right, dataset);
      all.show("compare");
    },
    showRun(run: string) {
      all.show("runs");
      list.choose(run);
    },
    mend(dataset: string) {
      all.show("quarantine");
      mending.choose(dataset);
    },
  });
  const list = listTab(client, shared);
  const comparing = compareTab(client, shared);
  const mending = quarantineTab(client, shared);
  const all = tabs(
    client.text("runs.title"),
    [
      { key: "runs", label: client.text("runs.tab.runs"), mount: list.mount },
      { key: "compare", label: client.text("runs.tab.compare"), mount: comparing.mount },
      { key: "quarantine", label: client.text("runs.tab.quarantine"), mount: mending.mount },
    ],
    (key) => {
      const kept = client.keep("tab", () => ({ key }));
      kept.key = key;
    },
  );
  root.append(all.element);
  all.show(client.keep("tab", () => ({ key: "runs" })).key);
  client.on("runs", (change: Change) => {
    list.changed(change);
    comparing.changed(change);
    mending.changed(change);
  });
  return () => list.close();
});
