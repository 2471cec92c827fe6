/** Where this page is: the site's root, its language, and files that are loaded when needed. */

const own = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "";

/** The site's root as an absolute address: this script is `assets/portal.js` below it. */
export const root = new URL("../", own || document.baseURI);

export const language = (document.documentElement.lang || "en").toLowerCase().split("-")[0] ?? "en";

/** The root of the pages in this language. */
export const home = language === "en" ? root : new URL(`${language}/`, root);

/** A page of this language by its address below the language root; never leaves the site. */
export function page(url: string): string {
  const address = new URL(url, home);
  return address.protocol === root.protocol && address.href.startsWith(root.href)
    ? address.href
    : home.href;
}

const loading = new Map<string, Promise<void>>();

/** Adds `assets/<name>` as a script, once. The promise fails when it cannot be loaded. */
export function load(name: string): Promise<void> {
  const known = loading.get(name);
  if (known) return known;
  const promise = new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`assets/${name}`, root).href;
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => {
      loading.delete(name);
      script.remove();
      reject(new Error(`assets/${name}`));
    });
    document.head.append(script);
  });
  loading.set(name, promise);
  return promise;
}
