/* Files to be sent: .drop with an input[type=file]; the list below shows what goes along, too large is said at once.
   data-max-bytes (of all files together) and data-max-files stand on the input. */
(function () {
  "use strict";
  const fieldOf = (element) => element.closest(".drop, form").querySelector("input[type='file']");

  function size(bytes) {
    const kilobytes = bytes / 1024;
    const number = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: value < 100 ? 1 : 0 });
    return kilobytes < 1024 ? number(kilobytes) + " KB" : number(kilobytes / 1024) + " MB";
  }

  function put(field, files) {
    const carrier = new DataTransfer();
    for (const file of files) carrier.items.add(file);
    field.files = carrier.files;
    show(field);
  }

  function row(field, file, index) {
    const limit = Number(field.dataset.maxBytes) || Infinity;
    const before = Array.from(field.files).slice(0, index).reduce((sum, other) => sum + other.size, 0);
    const shape = document.getElementById("file-shape").content.firstElementChild.cloneNode(true);
    const bad = before + file.size > limit;
    shape.classList.toggle("is-bad", bad);
    shape.querySelector("[data-name]").textContent = file.name;
    shape.querySelector("[data-size]").textContent = bad
      ? Helpdesk.text("fileTooLarge", { size: size(file.size), limit: size(limit) }) : size(file.size);
    const button = shape.querySelector("button");
    button.setAttribute("aria-label", Helpdesk.text("fileRemove", { name: file.name }));
    button.addEventListener("click", () => {
      put(field, Array.from(field.files).filter((_, at) => at !== index));
      field.focus();
    });
    return shape;
  }

  function show(field) {
    const list = document.getElementById(field.dataset.list);
    if (!list) return;
    const files = Array.from(field.files);
    const most = Number(field.dataset.maxFiles) || Infinity;
    list.replaceChildren(...files.map((file, index) => row(field, file, index)));
    list.hidden = files.length === 0;
    if (files.length > most) Helpdesk.toast(Helpdesk.text("filesTooMany", { most }), "warn");
    else if (files.length) Helpdesk.say(files.map((file) => file.name).join(", "));
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type='file'][data-list]")) show(event.target);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target instanceof Element && event.target.closest(".drop");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("is-over", kind === "dragover");
      if (kind !== "drop") return;
      const field = fieldOf(zone);
      put(field, [...field.files, ...event.dataTransfer.files]);
    });
  }
  document.addEventListener("paste", (event) => {
    const form = event.target instanceof Element && event.target.closest("form");
    const field = form && form.querySelector("input[type='file'][data-list]");
    if (field && event.clipboardData.files.length) put(field, [...field.files, ...event.clipboardData.files]);
  });
})();
