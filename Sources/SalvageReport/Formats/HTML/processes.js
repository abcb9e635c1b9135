// The process tree: a search, and a choice of those that ended badly or lost something.
"use strict";
(() => {
  const rows = [...document.querySelectorAll(".tree tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  let only = "";
  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    rows.forEach((row, index) => {
      const fits = (!only || row.dataset[only] === "yes") && words.every((word) => texts[index].includes(word));
      row.hidden = !fits;
      left += fits;
    });
    count.textContent = left === rows.length ? `${rows.length} processes` : `${left} of ${rows.length} processes`;
    for (const button of document.querySelectorAll("[data-only]"))
      button.setAttribute("aria-pressed", button.dataset.only === only);
  }
  search.addEventListener("input", apply);
  for (const button of document.querySelectorAll("[data-only]"))
    button.addEventListener("click", () => { only = only === button.dataset.only ? "" : button.dataset.only; apply(); });
  document.addEventListener("keydown", (event) => {
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "u") location.href = "index.html";
  });
  apply();
  document.documentElement.dataset.ready = "yes";
})();
