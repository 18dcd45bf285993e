/* Runs before the first paint: the page never flashes in the wrong theme, and styles know that scripts run. */
(function () {
  "use strict";
  var root = document.documentElement, chosen = null;
  try { chosen = localStorage.getItem("hd-theme"); } catch (blocked) { /* storage is switched off */ }
  if (chosen !== "light" && chosen !== "dark") {
    chosen = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  root.setAttribute("data-bs-theme", chosen);
  root.setAttribute("data-js", "");
})();
