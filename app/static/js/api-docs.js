// The page /api/docs: Swagger UI over our own document. Tokens typed in are kept nowhere.
"use strict";
(function () {
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try { return localStorage.getItem("hd-theme"); } catch { return null; /* storage is switched off */ }
  }
  // The theme of the pages (theme-init.js), in the words of Swagger UI.
  function paint() {
    const theme = chosen();
    const isDark = theme === "dark" || (theme !== "light" && system.matches);
    document.documentElement.classList.toggle("dark-mode", isDark);
  }
  paint();
  system.addEventListener("change", paint);

  window.SwaggerUIBundle({
    url: document.getElementById("calls").dataset.document,
    domNode: document.getElementById("calls"),
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    validatorUrl: null,
    // Tried out where the page came from, also where this house is reached by another name than its own.
    requestInterceptor(request) {
      const wanted = new URL(request.url, location.href);
      request.url = location.origin + wanted.pathname + wanted.search;
      return request;
    },
    presets: [window.SwaggerUIBundle.presets.apis],
  });
})();
