/* Ground of all scripts: texts of the page's language, the live region, requests, storage. No script keeps a list of
   elements: all listen on the document, so parts that are exchanged later work without being told. */
window.Helpdesk = (function () {
  "use strict";

  /* <template id="texts" data-name="Sentence with {value}"> */
  function text(name, values) {
    const box = document.getElementById("texts");
    const sentence = (box && box.dataset[name]) || "";
    return sentence.replace(/\{(\w+)\}/g, (whole, key) => (values && key in values ? values[key] : whole));
  }

  /* The one polite live region; emptied first so that the same sentence is read again. */
  function say(sentence) {
    const live = document.getElementById("live");
    if (!live) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = sentence; }, 50);
  }

  function token() {
    const meta = document.querySelector("meta[name='csrf-token']");
    return meta ? meta.content : "";
  }

  function post(url, fields, signal) {
    const headers = { "X-CSRFToken": token(), "HX-Request": "true" };
    return fetch(url, { method: "POST", headers, body: new URLSearchParams(fields), credentials: "same-origin", signal });
  }

  /* Storage may be switched off or full: then nothing is kept and nothing breaks. */
  function keep(key, value) { try { localStorage.setItem(key, value); } catch (blocked) { /* nothing kept */ } }
  function kept(key) { try { return localStorage.getItem(key); } catch (blocked) { return null; } }
  function drop(key) { try { localStorage.removeItem(key); } catch (blocked) { /* nothing was kept */ } }
  function keptKeys(prefix) {
    try { return Object.keys(localStorage).filter((key) => key.startsWith(prefix)); } catch (blocked) { return []; }
  }

  function time(at) {
    return at.getHours() + ":" + String(at.getMinutes()).padStart(2, "0");
  }

  function isWriting(target) {
    return target instanceof Element && target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  }

  return { text, say, token, post, keep, kept, keptKeys, drop, time, isWriting };
})();
