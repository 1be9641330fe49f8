import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
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

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { tsconfigPaths: true },
  build: {
    outDir: "../src/pictograph_server/web_app",
    emptyOutDir: true,
    target: "es2023",
    // A data: font or image would need a hole in the content security policy.
    assetsInlineLimit: 0,
  },
  // With the browser's own Host: the server takes requests with a session from pages of its own address only.
  server: {
    proxy: Object.fromEntries(SERVER_PATHS.map((path) => [path, { target: SERVER, changeOrigin: false }])),
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});
