/** Chunks by HTTP through the door that a kernel has in its Jupyter server, where there is one. */
import { CallError } from "../transport.ts";

/** The server has no such door: what was to go through it goes to the kernel instead. */
export class NoDoor extends Error {}

/** Where the page's Jupyter server is, and how it knows who asks. */
interface Server {
  base: URL;
  token: string;
}

/** What JupyterLab and Notebook say of their server; other pages say nothing. */
function serverOfPage(): Server | null {
  const told = globalThis.document?.getElementById("jupyter-config-data")?.textContent;
  if (!told) return null;
  try {
    const { baseUrl, token } = JSON.parse(told) as { baseUrl?: unknown; token?: unknown };
    const base = new URL(typeof baseUrl === "string" ? baseUrl : "/", location.href);
    if (base.origin !== location.origin) return null;
    return { base, token: typeof token === "string" ? token : "" };
  } catch {
    return null;
  }
}

function cookie(name: string): string {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? "";
}

export class Door {
  private constructor(
    private readonly secret: string,
    private readonly server: Server,
  ) {}

  /** The door with this secret, if this page can reach it. */
  static with(secret: string | undefined): Door | null {
    const server = secret ? serverOfPage() : null;
    return server && new Door(secret!, server);
  }

  /**
   * Sends a chunk; resolves to how many bytes of the upload have come. The body is the file's own
   * slice, which the browser sends without bringing it through the page. Rejects with a `CallError`
   * of the server, and with `NoDoor` for everything that is no answer of ours.
   */
  async send(upload: string, index: number, chunk: Blob, sha256: string, signal: AbortSignal): Promise<number> {
    const { base, token } = this.server;
    const headers: Record<string, string> = {
      "Content-Type": "application/octet-stream",
      "X-Workbench-Door": this.secret,
      "X-Workbench-SHA256": sha256,
      "X-XSRFToken": cookie("_xsrf"),
    };
    if (token) headers.Authorization = `token ${token}`;
    let said: any;
    try {
      const answer = await fetch(new URL(`workbench/uploads/${upload}/${index}`, base), {
        method: "PUT",
        body: chunk,
        credentials: "same-origin",
        redirect: "error",
        headers,
        signal,
      });
      said = await answer.json();
    } catch (error) {
      if (signal.aborted) throw new CallError({ message: "cancelled", cancelled: true });
      throw new NoDoor(String(error));
    }
    if (typeof said?.received === "number") return said.received;
    if (typeof said?.error?.message === "string") throw new CallError(said.error);
    throw new NoDoor();
  }
}
