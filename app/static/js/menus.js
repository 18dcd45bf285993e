/* <details class="menu">: closes by Esc and outside clicks, one open at a time, arrow keys move inside.
   [data-print] prints, with internal notes only when it says "notes". The side list that slides in on a phone is a
   dialog then and is called like the list inside. */
(function () {
  "use strict";
  const openMenus = () => document.querySelectorAll("details.menu[open]");

  function close(menu, giveFocusBack) {
    menu.open = false;
    if (giveFocusBack) menu.querySelector("summary").focus();
  }

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu, false);
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu, false);
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element && event.target.closest("details.menu[open]");
    if (!menu) return;
    if (event.key === "Escape") {
      event.preventDefault();
      close(menu, true);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !Helpdesk.isWriting(event.target)) {
      event.preventDefault();
      step(menu, event.key === "ArrowDown" ? 1 : -1);
    }
  });

  function step(menu, by) {
    const items = Array.from(menu.querySelectorAll(".menu-list :is(a, button, select, input):not([type=hidden], :disabled)"));
    if (!items.length) return;
    const at = items.indexOf(document.activeElement);
    items[(at + by + items.length) % items.length].focus();
  }

  document.addEventListener("show.bs.offcanvas", (event) => {
    const list = event.target.querySelector("nav[aria-label]");
    if (list) event.target.setAttribute("aria-label", list.getAttribute("aria-label"));
  });
  document.addEventListener("hidden.bs.offcanvas", (event) => event.target.removeAttribute("aria-label"));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print]");
    if (!button) return;
    document.body.classList.toggle("print-notes", button.dataset.print === "notes");
    window.print();
  });
})();
