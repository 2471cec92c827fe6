/** What every part of the panel needs: the store, texts, and the client. */
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Client, Values } from "../client.ts";
import type { Store } from "./store.ts";

export interface Panel {
  client: Client;
  store: Store;
  text: (key: string, values?: Values) => string;
}

export const PanelContext = createContext<Panel | null>(null);

export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (!panel) throw new Error("not within the panel");
  return panel;
}

/** The store, and a new render whenever it changes. */
export function useStore(): Store {
  const { store } = usePanel();
  useSyncExternalStore(store.subscribe, store.snapshot);
  return store;
}
