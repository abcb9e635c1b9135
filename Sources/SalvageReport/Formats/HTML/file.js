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
  const kind = (line) => names.find((name) => line.classList.contains(name));
  function starts() {
    if (chunks) return chunks;
    chunks = [];
    let inside = false;
    for (const line of source.querySelectorAll("p")) {
      const mark = kind(line);
      if (!mark) continue;
      if (shown.has(mark) && !inside) chunks.push(line);
      inside = shown.has(mark);
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
    if (objects) objects.tell(line);
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
    o: () => { if (objects) objects.choice.focus(); },
    r: () => toggle("h"), m: () => toggle("m"), p: () => toggle("p"), "?": () => dialog.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || event.target.matches("select")) return;
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

  // Which programs and libraries ran a line, where the source is in several.
  const data = document.getElementById("objects");
  const objects = data ? withObjects(JSON.parse(data.textContent)) : null;
  function withObjects(file) {
    const choice = document.getElementById("object");
    const where = document.getElementById("where");
    const most = 12;
    // All lines that have code, each with whether it ran; looked for once it is asked for.
    let known = null;
    const kinds = () => known ??= new Map([...source.querySelectorAll("p[class]")].map((line) => [line, kind(line)]));
    function set(line) {
      let low = 0, high = file.lines.length / 3;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (file.lines[3 * middle + 1] < line) low = middle + 1; else high = middle;
      }
      return file.lines[3 * low] <= line ? file.sets[file.lines[3 * low + 2]] : [];
    }
    const list = (numbers) => numbers.slice(0, most).map((index) => file.names[index]).join(", ")
      + (numbers.length > most ? ` and ${numbers.length - most} more` : "");
    function text(line) {
      const mark = kinds().get(line);
      if (!mark) return "";
      const ran = mark === "m" ? [] : set(number(line));
      const others = file.names.map((_, index) => index).filter((index) => !ran.includes(index));
      if (ran.length === 0) return mark === "m" ? "did not run in " + list(others) : "";
      return "ran in " + list(ran) + (others.length ? "; not in " + list(others) : "");
    }
    function tell(line) {
      const said = text(line);
      where.textContent = said && `Line ${number(line)}: ${said}`;
    }
    // The marks as this one object ran the source.
    function mark() {
      const one = choice.value === "" ? null : Number(choice.value);
      let count = 0;
      for (const [line, mark] of kinds()) {
        const ran = mark !== "m" && (one === null || set(number(line)).includes(one));
        if (ran) count++;
        line.classList.remove(...names);
        line.classList.add(one === null ? mark : ran ? "h" : "m");
      }
      source.classList.toggle("one", one !== null);
      markStrip(one !== null);
      chunks = null;
      where.textContent = one === null ? "" : `${file.names[one]} ran ${count} of ${kinds().size} lines`;
    }
    const missed = document.querySelector("svg.strip .m");
    const whole = missed ? missed.getAttribute("d") : "";
    function markStrip(isOne) {
      if (!missed) return;
      document.querySelector("svg.strip .p").toggleAttribute("hidden", isOne);
      const least = Math.max(1, Math.floor(missed.ownerSVGElement.dataset.lines / 300));
      missed.setAttribute("d", !isOne ? whole : [...kinds().keys()].filter((line) => kind(line) === "m")
        .map((line) => `M7 ${number(line) - 1}v${least}`).join(""));
    }
    choice.addEventListener("change", mark);
    source.addEventListener("mouseover", (event) => {
      const line = event.target.closest("p");
      if (line) line.title = text(line);
    });
    source.addEventListener("focusin", (event) => tell(event.target.closest("p")));
    window.addEventListener("hashchange", () => {
      const target = document.querySelector(".source p:target");
      if (target) tell(target);
    });
    // A browser that loads the page again may have kept the choice.
    if (choice.value !== "") mark();
    return { choice, tell };
  }
  show();
  document.documentElement.dataset.ready = "yes";
})();
