/* The writing box (.composer): one of two forms shows, public reply or internal note. What is typed is kept in the
   browser at once and on the server two seconds later, and comes back after a reload. Ctrl+Enter sends. */
(function () {
  "use strict";
  const PAUSE_MS = 2000;
  const timers = new WeakMap(), flights = new WeakMap();

  const composerOf = (element) => element.closest(".composer");
  const keyOf = (field) => "hd-draft:" + document.body.dataset.person + ":" + field.dataset.draft;

  /* Reply or note */
  function choose(composer, mode, focus) {
    composer.dataset.mode = mode;
    for (const tab of composer.querySelectorAll("[role='tab']")) {
      const on = tab.dataset.mode === mode;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    }
    if (focus) composer.querySelector(`.cpanel[data-mode="${mode}"] textarea`).focus();
  }

  document.addEventListener("click", (event) => {
    const tab = event.target.closest(".composer [role='tab'], [data-compose]");
    if (!tab) return;
    const composer = composerOf(tab) || document.querySelector(".composer");
    if (!composer) return;
    event.preventDefault();
    choose(composer, tab.dataset.mode || tab.dataset.compose, true);
    composer.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target instanceof Element && event.target.closest(".composer [role='tab']");
    if (tab && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      const tabs = Array.from(composerOf(tab).querySelectorAll("[role='tab']"));
      const next = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
      choose(composerOf(tab), next.dataset.mode, false);
      next.focus();
    }
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea[data-send-key]");
    if (sends) {
      event.preventDefault();
      const button = event.target.form.querySelector(".csend [type='submit']");
      if (button) button.click();
      else event.target.form.requestSubmit();
    }
  });

  /* Drafts */
  function state(field, words) {
    const composer = composerOf(field);
    const line = composer ? composer.querySelector("[data-draft-state]") : null;
    if (line) line.textContent = words;
  }

  async function save(field) {
    const text = field.value, flight = new AbortController();
    flights.set(field, flight);
    const answer = await Helpdesk.post(field.dataset.draft, { text }, flight.signal).catch(() => null);
    if (flight.signal.aborted) return;
    if (answer && answer.status === 401) return void Helpdesk.sessionEnded();
    if (!answer || !answer.ok) return state(field, Helpdesk.text("draftHere"));
    Helpdesk.offline(false);
    if (field.value === text) Helpdesk.drop(keyOf(field));
    state(field, text ? Helpdesk.text("draftSaved", { time: Helpdesk.time(new Date()) }) : "");
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches("textarea[data-draft]")) return;
    field.dataset.typedAt = String(Date.now());
    Helpdesk.keep(keyOf(field), field.value);
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => save(field), PAUSE_MS));
  });

  /* A text that was kept here but never reached the server is newer than what the page brought along */
  function restore(field) {
    const text = Helpdesk.kept(keyOf(field));
    if (text === null || text === field.value) return;
    field.value = text;
    state(field, Helpdesk.text("draftBack"));
    timers.set(field, setTimeout(() => save(field), PAUSE_MS));
  }

  /* While a message is on its way no draft may overtake it; once it was taken, nothing is kept of it */
  document.addEventListener("submit", (event) => {
    for (const field of event.target.querySelectorAll("textarea[data-draft]")) {
      clearTimeout(timers.get(field));
      if (flights.has(field)) flights.get(field).abort();
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form");
    if (!form || !event.detail.xhr || event.detail.xhr.status >= 400) return;
    for (const field of form.querySelectorAll("textarea[data-draft]")) Helpdesk.drop(keyOf(field));
  });

  /* Something new arrived before the message: the way to look at it comes first */
  document.addEventListener("htmx:afterSettle", () => {
    const guard = document.querySelector("[data-guard]");
    if (guard) guard.querySelector("a").focus();
  });

  /* A reply can be taken back until it goes out: [data-until] counts down and leaves */
  function countDown() {
    for (const foot of document.querySelectorAll("[data-until]")) {
      const left = Math.ceil((Date.parse(foot.dataset.until) - Date.now()) / 1000);
      const words = foot.querySelector("[data-seconds-left]");
      if (words) words.textContent = words.dataset.secondsLeft.replace("{n}", Math.max(0, left));
      if (left > 0) continue;
      foot.closest(".msg").classList.remove("waiting");
      foot.remove();
    }
  }
  setInterval(countDown, 1000);

  function begin() {
    document.querySelectorAll("textarea[data-draft]").forEach(restore);
    const wanted = new URLSearchParams(location.search).get("mode");
    const composer = document.querySelector(".composer");
    if (composer && (wanted === "note" || wanted === "reply")) choose(composer, wanted, false);
    const timeline = document.querySelector(".timeline[data-from-end]");
    countDown();
    if (timeline && !location.hash) timeline.scrollTop = timeline.scrollHeight;
  }
  begin();
})();
