/* The ticket list (#queue[data-queue]): J and K move through the rows, . refreshes. Every 15 seconds the list is asked
   for again: known rows and figures ([data-live]) are renewed in place (focus stays), new rows are only announced until
   somebody wants them. */
(function () {
  "use strict";
  const EVERY_MS = 15000;
  let waiting = null, lastGood = new Date();

  const queue = () => document.querySelector("#queue[data-queue]");
  const mark = queue() && queue().dataset.mark;
  let etag = mark ? `"${mark}"` : "";
  const rowsOf = (part) => Array.from(part.querySelectorAll("tbody tr[id]"));

  /* Cursor */
  function move(by) {
    const rows = rowsOf(queue());
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("cursor"));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    rows.forEach((row) => row.classList.toggle("cursor", row === next));
    next.querySelector(".subj a").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (!queue() || event.defaultPrevented || !Helpdesk.keysAreOn() || Helpdesk.isWriting(event.target)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector(".modal.show")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === ".") refresh(true);
  });

  /* Renewal */
  function state(words) {
    const line = document.querySelector("[data-queue-state]");
    if (line) line.textContent = words;
  }

  function renewRow(row, fresh) {
    fresh.classList.toggle("cursor", row.classList.contains("cursor"));
    if (!row.isEqualNode(fresh)) Idiomorph.morph(row, fresh.cloneNode(true));
  }

  function renewFigures(page) {
    for (const part of page.querySelectorAll("[data-live][id]")) {
      const here = document.getElementById(part.id);
      if (here && !here.isEqualNode(part)) Idiomorph.morph(here, part.cloneNode(true));
    }
  }

  function take(page) {
    const fresh = page.getElementById("queue");
    const known = new Map(rowsOf(queue()).map((row) => [row.id, row]));
    const added = rowsOf(fresh).filter((row) => !known.has(row.id));
    const isSame = !added.length && rowsOf(fresh).length === known.size;
    for (const row of rowsOf(fresh)) if (known.has(row.id)) renewRow(known.get(row.id), row);
    renewFigures(page);
    waiting = page;
    const bar = document.getElementById("queue-fresh");
    if (!bar) return;
    bar.hidden = isSame;
    if (isSame) return;
    const kind = ["freshGone", "freshOne"][added.length] || "freshMany";
    const words = Helpdesk.text(kind, { count: added.length });
    const button = bar.querySelector("button");
    if (button.textContent !== words) Helpdesk.say(words);
    button.textContent = words;
  }

  function showAll() {
    if (!waiting) return;
    for (const id of ["queue", "queue-foot"]) {
      const here = document.getElementById(id), fresh = waiting.getElementById(id);
      if (here && fresh) Idiomorph.morph(here, fresh);
    }
    htmx.process(queue());
    waiting = null;
    const bar = document.getElementById("queue-fresh");
    if (bar) bar.hidden = true;
    const head = queue().querySelector("tbody .subj a");
    if (head) head.focus({ preventScroll: true });
  }

  async function refresh(everything) {
    if (!queue() || (document.hidden && !everything)) return;
    const headers = { "HX-Request": "true" };
    if (etag && !everything) headers["If-None-Match"] = etag;
    const answer = await fetch(location.href, { headers, credentials: "same-origin", redirect: "manual" }).catch(() => null);
    if (!answer || (!answer.ok && answer.status !== 304)) {
      if (answer && (answer.type === "opaqueredirect" || answer.status === 401)) return void Helpdesk.sessionEnded();
      return state(Helpdesk.text("stale", { time: Helpdesk.time(lastGood) }));
    }
    lastGood = new Date();
    state(Helpdesk.text("asOf", { time: Helpdesk.time(lastGood) }));
    if (answer.status === 304) return;
    etag = answer.headers.get("ETag") || "";
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("queue") || !queue()) return;
    take(page);
    if (everything) showAll();
  }

  /* The way back: a ticket's page knows the list it was opened from, and what stands before and after it there */
  function leaveTrail() {
    if (!queue() || !queue().dataset.name) return;
    const links = rowsOf(queue()).map((row) => row.querySelector(".subj a").getAttribute("href"));
    const trail = { url: location.pathname + location.search, name: queue().dataset.name, links };
    try { sessionStorage.setItem("hd-trail", JSON.stringify(trail)); } catch (blocked) { /* no way back is kept */ }
  }

  function followTrail() {
    const back = document.querySelector("[data-list-back]");
    if (!back) return;
    let trail = null;
    try { trail = JSON.parse(sessionStorage.getItem("hd-trail")); } catch (blocked) { /* none was kept */ }
    if (!trail || typeof trail.url !== "string" || !/^\/tickets(?:[?/]|$)/.test(trail.url)) return;
    back.href = trail.url;
    back.querySelector("[data-list-name]").textContent = trail.name;
    const at = trail.links.indexOf(location.pathname), place = document.querySelector("[data-neighbours]");
    if (at < 0 || !place) return;
    place.hidden = false;
    const words = place.querySelector("[data-words]");
    words.textContent = words.dataset.words.replace("{at}", at + 1).replace("{count}", trail.links.length);
    for (const link of place.querySelectorAll("[data-neighbour]")) {
      const next = trail.links[at + Number(link.dataset.neighbour)];
      if (next) link.href = next;
      else link.hidden = true;
    }
  }
  window.addEventListener("pagehide", leaveTrail);
  followTrail();

  document.addEventListener("click", (event) => {
    if (event.target.closest("#queue-fresh button")) showAll();
    if (event.target.closest("[data-queue-refresh]")) refresh(true);
  });
  setInterval(() => refresh(false), EVERY_MS);
})();
