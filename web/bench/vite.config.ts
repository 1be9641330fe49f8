/** Builds the pages that `benchmarks/web_canvas.py` measures; they are no part of the app. */
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": here("../src") } },
  build: {
    target: "es2023",
    emptyOutDir: true,
    rollupOptions: { input: [here("canvas.html"), here("thumbnails.html")] },
  },
});
