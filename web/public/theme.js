// Before the first paint: the theme that was chosen, else the system's.
try {
  var chosen = localStorage.getItem("pictograph.theme");
  var dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
} catch (error) {
  document.documentElement.dataset.theme = "light";
}
