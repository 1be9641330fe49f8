// Before the first paint: the theme that was chosen, else the system's. `src/app/theme.ts` changes it later.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("pictograph.theme");
  } catch {
    // Storage can be switched off.
  }
  const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
