"use strict";
// Tables: a click on a heading sorts by it, another one the other way round.
for (const table of document.querySelectorAll("table")) {
  const headings = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const opposite = { ascending: "descending", descending: "ascending" };
      const order = opposite[heading.getAttribute("aria-sort")] || heading.dataset.first;
      const sign = order === "ascending" ? 1 : -1;
      const isNumber = heading.classList.contains("number");
      const key = (row) => {
        const cell = row.cells[column];
        if (!isNumber) return cell.textContent;
        return cell.dataset.key === "" ? null : Number(cell.dataset.key);
      };
      const rows = [...body.rows].map((row) => [key(row), row]);
      // What has no figure is last, whichever way.
      rows.sort(([a], [b]) =>
        a === null || b === null
          ? (a === null) - (b === null)
          : sign * (isNumber ? a - b : a.localeCompare(b)));
      body.append(...rows.map(([, row]) => row));
      headings.forEach((other) => other.setAttribute("aria-sort", other === heading ? order : "none"));
    });
  });
}
// Curves: one that is pointed at, or that has the focus, stands out; those that were chosen stay so.
for (const figure of document.querySelectorAll("figure:has(.choices)")) {
  const curves = [...figure.querySelectorAll(".series")];
  const buttons = [...figure.querySelectorAll(".choices button")];
  const chosen = new Set();
  let pointed = null;
  const show = () => {
    const shown = new Set(chosen);
    if (pointed !== null) shown.add(pointed);
    figure.classList.toggle("chosen", shown.size > 0);
    for (const curve of curves) curve.classList.toggle("shown", shown.has(curve.dataset.series));
    for (const button of buttons) {
      button.classList.toggle("shown", shown.has(button.dataset.series));
      button.setAttribute("aria-pressed", chosen.has(button.dataset.series));
    }
  };
  for (const element of [...curves, ...buttons]) {
    const series = element.dataset.series;
    const point = (to) => () => { pointed = to; show(); };
    element.addEventListener("mouseenter", point(series));
    element.addEventListener("mouseleave", point(null));
    element.addEventListener("focus", point(series));
    element.addEventListener("blur", point(null));
    element.addEventListener("click", () => {
      if (!chosen.delete(series)) chosen.add(series);
      show();
    });
  }
}
// What is cut at its right edge fades there: a reader sees that it scrolls.
const scrolls = document.querySelectorAll(".scroll");
const fade = (scroll) =>
  scroll.classList.toggle("cut", scroll.scrollWidth - scroll.clientWidth - scroll.scrollLeft > 1);
// One that is folded has no size until it is opened, which is a change of it.
const sizes = new ResizeObserver((entries) => entries.forEach((entry) => fade(entry.target)));
for (const scroll of scrolls) {
  scroll.addEventListener("scroll", () => fade(scroll), { passive: true });
  sizes.observe(scroll);
}
// Paper can't be opened: what is folded is open while it is printed.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const fold of opened) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of opened) fold.open = false;
  opened = [];
});
