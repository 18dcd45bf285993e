/* Forms: sent once however often the button is pressed, passwords shown on request, texts copied, choices sent at once.
   form[data-again] may be sent again while its answer is on the way (searches). */
(function () {
  "use strict";

  function free(form) {
    delete form.dataset.busy;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "get" || form.dataset.again !== undefined) return;
    if (form.dataset.busy !== undefined) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.busy = "";
    const button = event.submitter || form.querySelector("[type='submit']");
    if (button) button.setAttribute("aria-busy", "true");
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form");
    if (form) free(form);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(free));

  document.addEventListener("click", (event) => {
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) {
      const field = document.getElementById(reveal.dataset.reveal);
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      reveal.setAttribute("aria-pressed", String(hidden));
      reveal.querySelector(".i").className = "i " + (hidden ? "i-eye-slash" : "i-eye");
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const source = document.getElementById(copy.dataset.copy);
      navigator.clipboard.writeText(source.value || source.textContent.trim())
        .then(() => Helpdesk.toast(Helpdesk.text("copied"), "ok"), () => Helpdesk.toast(Helpdesk.text("notCopied"), "warn"));
    }
  });

  /* select[data-send]: the choice is the order to go; the button beside it is for those without scripts */
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
  });

  /* Destructive forms ask for the name of the thing: the button wakes when it is right */
  function compare(field) {
    const button = field.form.querySelector("[type='submit']");
    button.disabled = field.value.trim() !== field.dataset.mustBe;
  }
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-must-be]")) compare(event.target);
  });
  document.querySelectorAll("[data-must-be]").forEach(compare);

  /* Leaving: drafts of this person do not stay on a shared machine */
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) Helpdesk.keptKeys("hd-draft:").forEach(Helpdesk.drop);
  });
})();
