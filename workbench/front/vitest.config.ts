import { defineConfig } from "vitest/config";

export default defineConfig({
  // .test.ts runs in node; a file that needs a page begins with `// @vitest-environment happy-dom`
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node", watch: false, isolate: false },
});
