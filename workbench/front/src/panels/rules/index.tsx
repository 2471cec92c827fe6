/** The Rules panel. */
import { createRoot } from "react-dom/client";
import { definePanel } from "../client.ts";
import { App } from "./app.tsx";
import { Store } from "./store.ts";

export default definePanel(
  (root, client) => {
    const store = client.keep("rules", () => new Store(client));
    store.attach(client);
    const view = createRoot(root);
    view.render(<App panel={{ client, store, text: client.text }} />);
    client.onTrait("dataset", () => void store.start());
    client.on("draft", () => void store.refresh());
    if (store.dataset !== String(client.get("dataset") ?? "") || !store.state) void store.start();
    else if (!store.known) store.learn().catch(client.showError);
    return () => {
      void store.flush();
      view.unmount();
    };
  },
  { datasets: true },
);
