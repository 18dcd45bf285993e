// The page /api/docs: Swagger UI over our own document. Tokens typed in are kept nowhere.
"use strict";
window.SwaggerUIBundle({
  url: document.getElementById("calls").dataset.document,
  domNode: document.getElementById("calls"),
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
});
