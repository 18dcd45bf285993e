/* [data-presence="URL"]: says every ten seconds that somebody reads or writes here and how far was read (data-seen), and
   shows who else is here and what is new. Rests while the page is hidden; the server forgets after 25 seconds. */
(function () {
  "use strict";
  const EVERY_MS = 10000, WRITING_MS = 20000;

  function mode() {
    const now = Date.now();
    const fields = Array.from(document.querySelectorAll("textarea[data-draft]"));
    return fields.some((field) => now - Number(field.dataset.typedAt || 0) < WRITING_MS) ? "writing" : "reading";
  }

  async function beat() {
    const place = document.querySelector("[data-presence]");
    if (!place || document.hidden) return;
    const answer = await Helpdesk.post(place.dataset.presence, { mode: mode(), seen: place.dataset.seen || "0" }).catch(() => null);
    if (answer && answer.status === 401) return void Helpdesk.sessionEnded();
    if (!answer || !answer.ok || !place.isConnected) return;
    const words = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (place.innerHTML !== words.innerHTML) Idiomorph.morph(place, words.innerHTML, { morphStyle: "innerHTML" });
  }

  setInterval(beat, EVERY_MS);
  document.addEventListener("visibilitychange", beat);
  beat();
})();
