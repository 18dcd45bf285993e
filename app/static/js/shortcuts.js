/* Keys: every link or button with data-key="c" or data-key="g t" is pressed by these keys; a field is focused.
   Single keys rest while somebody writes and can be switched off ([data-keys-switch]). */
(function () {
  "use strict";
  const SEQUENCE_MS = 1200;
  let first = "", firstAt = 0;

  const areOn = () => Helpdesk.kept("hd-keys") !== "off";
  const isVisible = (element) => element.getClientRects().length > 0;

  /* A menu that was opened by a key is used by keys: to its first field or choice */
  function enter(summary) {
    const list = summary.parentElement.querySelector(".menu-list");
    const first = list && list.querySelector(":is(input, select, textarea, a, button):not([type=hidden], :disabled)");
    (first || summary).focus();
  }

  function press(keys) {
    const all = Array.from(document.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`));
    const target = all.find(isVisible);
    if (!target) return false;
    if (target.matches("input, textarea, select")) target.focus();
    else target.click();
    if (target.matches("summary")) enter(target);
    return true;
  }

  function sheet() {
    const box = document.getElementById("shortcuts");
    if (box) bootstrap.Modal.getOrCreateInstance(box).show();
    return box !== null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (press("mod k")) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !areOn()) return;
    if (Helpdesk.isWriting(event.target) || document.querySelector(".modal.show, dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const now = Date.now();
    const sequence = first && now - firstAt < SEQUENCE_MS ? first + " " + key : "";
    first = "";
    const done = (sequence && press(sequence)) || (key === "?" ? sheet() : press(key));
    if (done) event.preventDefault();
    else if (key === "g") { first = key; firstAt = now; }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shortcuts]")) sheet();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-keys-switch]")) return;
    if (event.target.checked) Helpdesk.drop("hd-keys");
    else Helpdesk.keep("hd-keys", "off");
  });
  for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = areOn();
  Helpdesk.keysAreOn = areOn;
})();
