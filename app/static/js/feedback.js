/* What the page says back: toasts, the line "no connection", the dialog after a session ran out. */
(function () {
  "use strict";
  const SECONDS = 6;

  /* Good news leaves after six seconds, unless somebody points at it or it offers to undo; trouble stays. */
  function expire(toast) {
    if (toast.dataset.stays !== undefined || toast.dataset.timed !== undefined) return;
    toast.dataset.timed = "";
    const seconds = Number(toast.dataset.seconds) || SECONDS;
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, seconds * 1000);
  }

  Helpdesk.toast = function (sentence, tone, reference) {
    const shape = document.getElementById("toast-shape");
    const stack = document.getElementById("toasts");
    if (!shape || !stack) return;
    const bad = tone === "danger" || tone === "warn";
    const toast = shape.content.firstElementChild.cloneNode(true);
    toast.classList.add("t-" + tone);
    toast.setAttribute("role", bad ? "alert" : "status");
    if (bad) toast.dataset.stays = "";
    toast.querySelector(".i").classList.add(bad ? "i-exclamation-circle-fill" : "i-check-circle-fill");
    toast.querySelector("[data-words]").textContent = sentence;
    if (reference) toast.querySelector(".ref").textContent = Helpdesk.text("reference", { code: reference });
    stack.append(toast);
    expire(toast);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toast-close]");
    if (button) button.closest(".toast-hd").remove();
  });
  function watch() {
    document.querySelectorAll(".toasts .toast-hd").forEach(expire);
  }
  document.addEventListener("htmx:afterSettle", watch);
  watch();

  /* Connection */
  Helpdesk.offline = function (isOff) {
    const line = document.getElementById("offline");
    if (!line || line.hidden === !isOff) return;
    line.hidden = !isOff;
    if (isOff) Helpdesk.say(line.textContent.trim());
  };
  window.addEventListener("offline", () => Helpdesk.offline(true));
  window.addEventListener("online", () => Helpdesk.offline(false));

  /* Session: sign in in another tab, come back, go on with everything that was typed. */
  const dialog = () => document.getElementById("session-dialog");
  Helpdesk.sessionEnded = function () {
    if (dialog()) bootstrap.Modal.getOrCreateInstance(dialog()).show();
  };

  async function lookAgain() {
    if (!dialog() || !dialog().classList.contains("show")) return;
    const answer = await fetch(dialog().dataset.check, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const meta = page.querySelector("meta[name='csrf-token']");
    if (!meta || page.body.dataset.person !== document.body.dataset.person) return;
    document.querySelector("meta[name='csrf-token']").content = meta.content;
    for (const field of document.querySelectorAll("input[name='csrf_token']")) field.value = meta.content;
    bootstrap.Modal.getOrCreateInstance(dialog()).hide();
    Helpdesk.toast(Helpdesk.text("signedInAgain"), "ok");
  }
  window.addEventListener("focus", lookAgain);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-session-again]")) lookAgain();
  });
})();
