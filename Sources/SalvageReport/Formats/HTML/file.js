// A source: jumps between the places that did not run or ran in part. Without this script the page can be read
// and linked to all the same.
"use strict";
(() => {
  const source = document.querySelector(".source");
  const dialog = document.getElementById("help");
  const names = ["h", "m", "p"];
  let shown = new Set(["m", "p"]);
  try {
    const kept = localStorage.getItem("salvage-shown");
    if (kept !== null) shown = new Set(kept.split("").filter((name) => names.includes(name)));
  } catch { /* no storage: the choice lasts for this page */ }

  function show() {
    for (const name of names) {
      source.classList.toggle("show-" + name, shown.has(name));
      document.querySelector(`[data-show=${name}]`).setAttribute("aria-pressed", shown.has(name));
    }
    chunks = null;
  }
  function toggle(name) {
    if (shown.has(name)) shown.delete(name); else shown.add(name);
    try { localStorage.setItem("salvage-shown", [...shown].join("")); } catch { /* as above */ }
    show();
  }

  // First lines of runs of lines that are shown; lines without code do not interrupt a run.
  let chunks = null;
  function starts() {
    if (chunks) return chunks;
    chunks = [];
    let inside = false;
    for (const line of source.querySelectorAll("p")) {
      const kind = line.className.charAt(0);
      if (!names.includes(kind)) continue;
      if (shown.has(kind) && !inside) chunks.push(line);
      inside = shown.has(kind);
    }
    return chunks;
  }
  const number = (line) => Number(line.id.slice(1));
  let at = null;
  function go(line) {
    if (!line) return;
    if (at) at.classList.remove("at");
    at = line;
    at.classList.add("at");
    at.scrollIntoView({ block: "center" });
    history.replaceState(null, "", "#" + line.id);
  }
  // From where the reader is: the chosen line, or the first one in sight.
  function here() {
    if (at) return number(at);
    const target = location.hash.match(/^#L(\d+)$/);
    return target ? Number(target[1]) : 0;
  }
  const next = () => go(starts().find((line) => number(line) > here()));
  const previous = () => go(starts().filter((line) => number(line) < here()).pop());
  const follow = (rel) => {
    const link = document.querySelector(`a[rel=${rel}]`);
    if (link) location.href = link.href;
  };
  const actions = {
    j: next, n: next, k: previous, b: previous, 0: () => { window.scrollTo(0, 0); if (at) at.classList.remove("at"); at = null; },
    1: () => go(starts()[0]), "[": () => follow("prev"), "]": () => follow("next"), u: () => follow("index"),
    r: () => toggle("h"), m: () => toggle("m"), p: () => toggle("p"), "?": () => dialog.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const action = actions[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  for (const button of document.querySelectorAll("[data-show]"))
    button.addEventListener("click", () => toggle(button.dataset.show));
  document.getElementById("keys").addEventListener("click", () => dialog.showModal());
  const strip = document.querySelector("svg.strip");
  if (strip) strip.addEventListener("click", (event) => {
    const box = strip.getBoundingClientRect();
    const line = Math.max(1, Math.round(((event.clientY - box.top) / box.height) * Number(strip.dataset.lines)));
    const target = document.getElementById("L" + line);
    if (target) target.scrollIntoView({ block: "center" });
  });
  show();
  document.documentElement.dataset.ready = "yes";
})();
