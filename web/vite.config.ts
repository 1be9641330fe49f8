import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The server answers these itself; everything else is a page of the app.
const SERVER = process.env.PICTOGRAPH_BASE_URL ?? "http://127.0.0.1:8000";
const SERVER_PATHS = [
  "/api",
  "/files",
  "/uploads",
  "/docs",
  "/openapi.json",
  "/login",
  "/invite",
  "/reset-password",
];

// Few files rather than many small ones: asking for one costs more than the bytes it may save.
const CHUNKS = [
  // What every page needs: libraries, which change less often than we do; the rest is in the entry.
  { name: "libraries", tags: ["$initial" as const], test: /node_modules/, priority: 4 },
  { name: "app", tags: ["$initial" as const], priority: 3 },
  // What is large and for few pages.
  {
    name: "charts",
    test: /[\\/]uplot[\\/]|ui[\\/]line-chart/,
    includeDependenciesRecursively: false,
    priority: 2,
  },
  { name: "canvas", test: /src[\\/]canvas[\\/]/, includeDependenciesRecursively: false, priority: 2 },
  {
    name: "lists",
    test: /[\\/]@tanstack[\\/](react-)?virtual/,
    includeDependenciesRecursively: false,
    priority: 2,
  },
  {
    name: "icons",
    test: /lucide-react/,
    minShareCount: 2,
    includeDependenciesRecursively: false,
    priority: 2,
  },
  // What many pages share. What a few features share is left to the bundler.
  {
    name: "shared",
    test: /node_modules|src[\\/](ui|lib|api)[\\/]|features[\\/][^\\/]+[\\/](api|search|words)\.ts$/,
    minShareCount: 5,
    priority: 1,
  },
];

// The fonts of most texts, asked for with the page: found in the stylesheet they would come after the first paint.
function preloadFonts(): Plugin {
  return {
    name: "preload-fonts",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((file) => /inter-latin-wght-normal.*\.woff2$/.test(file))
          .map((file) => ({
            tag: "link",
            attrs: { rel: "preload", as: "font", type: "font/woff2", crossorigin: true, href: `/${file}` },
            injectTo: "head" as const,
          })),
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), preloadFonts()],
  resolve: { tsconfigPaths: true },
  build: {
    outDir: "../src/pictograph_server/web_app",
    emptyOutDir: true,
    target: "es2023",
    // A data: font or image would need a hole in the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } },
  },
  // With the browser's own Host: the server takes requests with a session from pages of its own address only.
  server: {
    proxy: Object.fromEntries(SERVER_PATHS.map((path) => [path, { target: SERVER, changeOrigin: false }])),
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});
