// The index: files as a tree or a flat list, of which only the rows in sight are in the page. All state is in
// the address. Data come from the page as JSON and are only ever set as text.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  // Each: path, page, and found and hit of lines, functions, branches.
  const files = data.files.map((row, index) => ({
    path: row[0], page: row[1], lines: row[2], hit: row[3], functions: row[4], functionsHit: row[5],
    branches: row[6], branchesHit: row[7], low: row[0].toLowerCase(), index,
  }));
  const body = document.querySelector("#files tbody");
  const table = document.getElementById("files");
  const search = document.getElementById("search");
  const cover = document.getElementById("cover");
  const count = document.getElementById("count");
  const rowHeight = 33;
  const defaults = { view: files.length > 1 && data.tree ? "tree" : "flat", sort: "name", q: "", cover: "all" };
  let state = { ...defaults };
  let open = new Set();
  let rows = [];
  let at = -1;

  // The tree: folders with one folder and nothing else in them are one row.
  function makeTree(list) {
    const root = { name: "", path: "", folders: new Map(), files: [] };
    for (const file of list) {
      const parts = file.path.split("/");
      let node = root, path = "";
      for (let i = 0; i + 1 < parts.length; i++) {
        path += (i ? "/" : "") + parts[i];
        let next = node.folders.get(parts[i]);
        if (!next) node.folders.set(parts[i], (next = { name: parts[i], path, folders: new Map(), files: [] }));
        node = next;
      }
      file.name = parts[parts.length - 1];
      node.files.push(file);
    }
    sum(root);
    return root;
  }
  const keys = ["lines", "hit", "functions", "functionsHit", "branches", "branchesHit"];
  function sum(node) {
    for (const key of keys) node[key] = 0;
    node.size = 0;
    for (const [name, folder] of node.folders) {
      let inner = folder;
      sum(inner);
      while (inner.files.length === 0 && inner.folders.size === 1) {
        const only = inner.folders.values().next().value;
        only.name = inner.name + "/" + only.name;
        inner = only;
      }
      if (inner !== folder) node.folders.set(name, inner);
    }
    for (const child of [...node.folders.values(), ...node.files]) {
      for (const key of keys) node[key] += child[key];
      node.size += child.size || 1;
    }
  }

  const missed = (row) => row.lines - row.hit;
  const ratio = (hit, found) => (found ? hit / found : 2);
  const orders = {
    // Files come in the order of their paths.
    name: (a, b) => a.index !== undefined && b.index !== undefined ? a.index - b.index : a.name < b.name ? -1 : 1,
    cover: (a, b) => ratio(a.hit, a.lines) - ratio(b.hit, b.lines) || missed(b) - missed(a),
    missed: (a, b) => missed(a) - missed(b),
    functions: (a, b) => ratio(a.functionsHit, a.functions) - ratio(b.functionsHit, b.functions),
    branches: (a, b) => ratio(a.branchesHit, a.branches) - ratio(b.branchesHit, b.branches),
  };
  function sorted(list) {
    const name = state.sort.replace("-", "");
    const order = orders[name] || orders.name;
    const sign = state.sort.startsWith("-") ? -1 : 1;
    return list.slice().sort((a, b) => sign * order(a, b) || (a.index ?? 0) - (b.index ?? 0));
  }

  // Words of the search, all of which the path has.
  function chosen() {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    return files.filter((file) => {
      const part = ratio(file.hit, file.lines) * 100;
      if (state.cover === "missed" && file.hit === file.lines && file.functions === file.functionsHit &&
          file.branches === file.branchesHit) return false;
      if (state.cover === "low" && !(part < 75)) return false;
      if (state.cover === "medium" && !(part >= 75 && part < 90)) return false;
      if (state.cover === "high" && !(part >= 90)) return false;
      return words.every((word) => file.low.includes(word));
    });
  }

  // The chosen files and their tree, as long as the choice is the same.
  let choice = { key: null, list: [], tree: null };
  function compute() {
    const key = state.cover + " " + state.q;
    if (choice.key !== key) choice = { key, list: chosen(), tree: null };
    const list = choice.list;
    const sums = keys.map((key) => list.reduce((total, file) => total + file[key], 0));
    count.textContent = list.length === files.length ? `${grouped(files.length)} files`
      : `${list.length} of ${files.length} files, ${percent(sums[1], sums[0])} of lines`;
    rows = [];
    if (state.view === "flat") {
      for (const file of sorted(list)) rows.push({ item: file, depth: 0, label: file.path });
    } else {
      const isOpen = (folder) => state.q !== "" || open.has(folder.path);
      const walk = (node, depth) => {
        for (const folder of sorted([...node.folders.values()])) {
          rows.push({ item: folder, depth, label: folder.name + "/", folder, expanded: isOpen(folder) });
          if (isOpen(folder)) walk(folder, depth + 1);
        }
        for (const file of sorted(node.files)) rows.push({ item: file, depth, label: file.name });
      };
      choice.tree ??= makeTree(list);
      walk(choice.tree, 0);
    }
    at = -1;
  }

  function percent(hit, found) {
    // Rounded down, as everywhere: 100.00 % is everything.
    return found ? (Math.floor((hit / found) * 10000 + 1e-9) / 100).toFixed(2) + " %" : "–";
  }
  // 12,345 as English has it, whatever the reader's language: the page is English.
  const format = new Intl.NumberFormat("en");
  const grouped = (number) => format.format(number);
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  function bar(hit, found) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), rect = document.createElementNS(space, "rect");
    svg.setAttribute("class", "bar");
    svg.setAttribute("viewBox", "0 0 100 1");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    rect.setAttribute("width", found ? (100 * hit) / found : 0);
    rect.setAttribute("height", 1);
    svg.append(rect);
    return svg;
  }
  function cell(hit, found) {
    return found ? element("td", {}, `${grouped(hit)}/${grouped(found)}`) : element("td", { class: "none" }, "–");
  }
  function makeRow(row, number) {
    const item = row.item, first = element("td");
    for (let i = 0; i < row.depth; i++) first.append(element("span", { class: "in" }));
    if (row.folder) {
      const twig = element("button", { class: "twig", tabindex: "-1", "aria-label": row.expanded ? "close" : "open" },
        row.expanded ? "▾" : "▸");
      twig.addEventListener("click", () => toggle(row));
      const link = element("a", { href: "#", role: "button", "aria-expanded": row.expanded }, row.label);
      link.addEventListener("click", (event) => { event.preventDefault(); toggle(row); });
      first.append(twig, link);
    } else {
      if (state.view === "tree") first.append(element("span", { class: "in" }));
      first.append(element("a", { href: item.page, title: item.path }, row.label));
    }
    const part = element("span", { class: item.lines && item.hit / item.lines < 0.75 ? "low" : "" }, percent(item.hit, item.lines));
    const line = element("tr", { "aria-rowindex": number + 2, "aria-level": row.depth + 1 }, first,
      element("td", {}, element("div", { class: "cover" }, bar(item.hit, item.lines), part)),
      element("td", {}, grouped(missed(item))),
      cell(item.functionsHit, item.functions), cell(item.branchesHit, item.branches));
    if (number === at) line.className = "at";
    return line;
  }
  function gap(height) {
    const row = element("tr", { class: "gap", "aria-hidden": "true" }, element("td", { colspan: 5 }));
    row.firstChild.style.height = height + "px";
    return row;
  }

  let shown = "";
  function render(force) {
    const top = body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / rowHeight) - 15);
    const last = Math.min(rows.length, first + Math.ceil(window.innerHeight / rowHeight) + 30);
    const key = first + ":" + last;
    if (!force && key === shown) return;
    shown = key;
    const made = document.createDocumentFragment();
    if (first > 0) made.append(gap(first * rowHeight));
    for (let i = first; i < last; i++) made.append(makeRow(rows[i], i));
    if (last < rows.length) made.append(gap((rows.length - last) * rowHeight));
    if (rows.length === 0) made.append(element("tr", {}, element("td", { colspan: 5, class: "empty" }, "No file fits.")));
    body.replaceChildren(made);
    table.setAttribute("aria-rowcount", rows.length + 1);
  }
  function toggle(row) {
    const path = row.folder.path;
    if (open.has(path)) open.delete(path); else open.add(path);
    const index = at;
    compute();
    at = index;
    save();
    render(true);
  }

  // The address holds what differs from the beginning.
  function save() {
    const parts = new URLSearchParams();
    for (const [key, value] of Object.entries(state)) if (value !== defaults[key]) parts.set(key, value);
    if (open.size) parts.set("open", [...open].join("\n"));
    const text = parts.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }
  function load() {
    const parts = new URLSearchParams(location.hash.slice(1));
    for (const key of Object.keys(defaults)) state[key] = parts.get(key) ?? defaults[key];
    open = new Set((parts.get("open") || "").split("\n").filter(Boolean));
    // The only folder is open, and with a few files every one.
    const tops = new Set(files.map((file) => file.path.split("/")[0]));
    if (tops.size <= 2 && !parts.has("open") && state.view === "tree")
      for (const node of makeTree(files).folders.values()) open.add(node.path);
    if (files.length <= 30 && !parts.has("open"))
      for (const file of files)
        for (let end = file.path.indexOf("/"); end >= 0; end = file.path.indexOf("/", end + 1)) open.add(file.path.slice(0, end));
    search.value = state.q;
    cover.value = state.cover;
    controls();
    compute();
    render(true);
  }
  function controls() {
    for (const button of document.querySelectorAll("[data-view]"))
      button.setAttribute("aria-pressed", button.dataset.view === state.view);
    for (const head of document.querySelectorAll("[data-sort]")) {
      const name = state.sort.replace("-", "");
      if (head.dataset.sort === name) head.setAttribute("aria-sort", state.sort.startsWith("-") ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }
  function change(values) {
    state = { ...state, ...values };
    controls();
    compute();
    save();
    render(true);
  }
  function sortBy(name) {
    // Most missed first is what one looks for.
    const first = name === "missed" ? "-missed" : name;
    change({ sort: state.sort === first ? (first.startsWith("-") ? name : "-" + name) : first });
  }

  search.addEventListener("input", () => change({ q: search.value.trim() }));
  cover.addEventListener("change", () => change({ cover: cover.value }));
  for (const button of document.querySelectorAll("[data-view]"))
    button.addEventListener("click", () => change({ view: button.dataset.view }));
  for (const head of document.querySelectorAll("[data-sort]"))
    head.firstElementChild.addEventListener("click", () => sortBy(head.dataset.sort));
  window.addEventListener("scroll", () => render(false), { passive: true });
  window.addEventListener("resize", () => render(false));
  window.addEventListener("hashchange", load);

  const dialog = document.getElementById("help");
  document.getElementById("keys").addEventListener("click", () => dialog.showModal());
  function step(by) {
    at = Math.max(0, Math.min(rows.length - 1, at + by));
    const top = body.getBoundingClientRect().top + at * rowHeight;
    if (top < 160) window.scrollBy(0, top - 160);
    if (top > window.innerHeight - 80) window.scrollBy(0, top - window.innerHeight + 80);
    render(true);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.target === search) {
      if (event.key === "Escape") search.blur();
      if (event.key === "ArrowDown") { search.blur(); step(1); }
      return;
    }
    if (event.target === cover) return;
    const row = rows[at];
    const actions = {
      "/": () => search.focus(), "?": () => dialog.showModal(), t: () => change({ view: state.view === "tree" ? "flat" : "tree" }),
      n: () => sortBy("name"), c: () => sortBy("cover"), m: () => sortBy("missed"), x: () => sortBy("missed"),
      f: () => sortBy("functions"), b: () => sortBy("branches"), j: () => step(1), k: () => step(-1),
      ArrowDown: () => step(1), ArrowUp: () => step(-1),
      ArrowRight: () => { if (row && row.folder && !row.expanded) toggle(row); },
      ArrowLeft: () => { if (row && row.folder && row.expanded) toggle(row); },
      Enter: () => { if (row && row.folder) toggle(row); else if (row) location.href = row.item.page; },
    };
    if (event.target.closest && event.target.closest("button, a, summary") && event.key === "Enter") return;
    if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  });
  load();
  document.documentElement.dataset.ready = "yes";
})();
