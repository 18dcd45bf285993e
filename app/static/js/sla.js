/* Remaining times: <time data-sla-due datetime="…Z"> is rewritten every 30 seconds. State and colour stay the server's,
   and nothing is announced. */
(function () {
  "use strict";
  const EVERY_MS = 30000;

  /* As app/core/formats.py says it: 48 Min. · 2 Std. 10 Min. · 1 Tag 4 Std. */
  function span(milliseconds) {
    const total = Math.floor(Math.abs(milliseconds) / 60000);
    const days = Math.floor(total / 1440), hours = Math.floor((total % 1440) / 60), minutes = total % 60;
    const parts = [];
    if (days) parts.push(Helpdesk.text(days === 1 ? "day" : "days", { n: days }));
    if (hours) parts.push(Helpdesk.text("hours", { n: hours }));
    if (!days && (minutes || !hours)) parts.push(Helpdesk.text("minutes", { n: minutes }));
    return parts.join(" ");
  }

  function write() {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-sla-due]")) {
      const left = Date.parse(time.dateTime) - now;
      if (Number.isNaN(left)) continue;
      const plain = time.dataset.slaDue === "ok" && left > 0;
      const words = plain ? span(left) : Helpdesk.text(left > 0 ? "slaLeft" : "slaOver", { span: span(left) });
      if (time.textContent !== words) time.textContent = words;
    }
  }

  setInterval(write, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) write(); });
})();
