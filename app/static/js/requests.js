/* HTMX: the CSRF header, which answers are shown, what happens when there is none.
   422 and 409 bring a form or a conflict back into its place. A refusal (the error fragment, marked data-refusal)
   becomes a toast, so that a small part of the page is never replaced by it; parts that load later
   (data-part) show it where they would have stood. */
(function () {
  "use strict";
  const isPoll = (element) => element instanceof Element && element.closest("[data-poll]") !== null;

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = Helpdesk.token();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    Helpdesk.offline(false);
    if (xhr.status < 400) return;
    event.detail.shouldSwap = false;
    event.detail.isError = false;
    if (xhr.status === 401) return void Helpdesk.sessionEnded();
    const refusal = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-refusal]");
    const belongsHere = !refusal && (xhr.status === 422 || xhr.status === 409);
    if (belongsHere || (refusal && target && target.matches("[data-part]"))) {
      event.detail.shouldSwap = true;
    } else if (!isPoll(event.detail.requestConfig.elt)) {
      const words = refusal && refusal.querySelector("[data-words]");
      const sentence = words ? words.textContent.trim() : Helpdesk.text("failed");
      Helpdesk.toast(sentence, "danger", xhr.getResponseHeader("X-Request-ID"));
    }
  });

  function lost(event) {
    Helpdesk.offline(!navigator.onLine);
    if (!isPoll(event.detail.elt)) Helpdesk.toast(Helpdesk.text("noConnection"), "danger");
  }
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);

  /* A form that came back with errors: to its summary, and the title says so. */
  function lookForErrors(part) {
    const summary = part.querySelector(".error-summary");
    if (!summary) return;
    summary.focus();
    const prefix = Helpdesk.text("titleError");
    if (!document.title.startsWith(prefix)) document.title = prefix + " " + document.title;
  }
  document.addEventListener("htmx:afterSettle", (event) => lookForErrors(event.detail.target || event.target));
  lookForErrors(document);

  /* Sentence for the live region: answer header HX-Trigger: {"say": "…"} */
  document.addEventListener("say", (event) => Helpdesk.say(event.detail.value));
})();
