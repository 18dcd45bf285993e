/* Light or dark: [data-theme-toggle]. Follows the system until somebody chooses. */
(function () {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function label() {
    const dark = root.dataset.bsTheme === "dark";
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const name = Helpdesk.text(dark ? "themeLight" : "themeDark");
      const word = button.querySelector("[data-theme-name]");
      if (word) word.textContent = name;
      else button.setAttribute("aria-label", name);
      const icon = button.querySelector(".i");
      if (icon) icon.className = "i " + (dark ? "i-sun" : "i-moon");
    }
  }

  function show(theme) {
    root.dataset.bsTheme = theme;
    label();
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    show(root.dataset.bsTheme === "dark" ? "light" : "dark");
    Helpdesk.keep("hd-theme", root.dataset.bsTheme);
  });
  system.addEventListener("change", (event) => {
    if (!Helpdesk.kept("hd-theme")) show(event.matches ? "dark" : "light");
  });
  window.addEventListener("storage", (event) => {
    if (event.key === "hd-theme" && event.newValue) show(event.newValue);
  });
  label();
})();
