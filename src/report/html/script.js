"use strict";
// Hides and shows what the page holds; it makes nothing and asks for nothing, so without it the page is whole as well.
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const field = (id) => document.getElementById(id);
  const value = (id) => (field(id) ? field(id).value : "");
  const all = [...document.querySelectorAll("#findings > details")];
  const data = all.map((one) => ({ ...one.dataset, path: one.dataset.path.toLowerCase() }));
  const lines = (text) => "\n" + text + "\n";
  let texts = null;
  // Read once, when first asked for: 5,000 elements at every key would be felt. What to do is the same everywhere.
  const text = (number) => {
    texts ??= all.map((one) => {
      const parts = [one.firstElementChild, ...one.lastElementChild.children];
      const telling = parts.filter((part) => part.className !== "todo");
      return telling.map((part) => part.textContent.toLowerCase()).join("\n");
    });
    return texts[number];
  };
  const shown = () => all.filter((one) => !one.hidden);
  const apply = () => {
    const words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
    const path = value("path").toLowerCase();
    const severities = new Set([...form.querySelectorAll("[name=severity]:checked")].map((box) => box.value));
    const wanted = ["rule", "author", "verdict", "state"].map((id) => [id, value(id)]).filter(([, wish]) => wish);
    let count = 0;
    all.forEach((one, number) => {
      const fits =
        severities.has(data[number].severity) &&
        wanted.every(([id, wish]) => lines(data[number][id]).includes(lines(wish))) &&
        data[number].path.includes(path) &&
        words.every((word) => text(number).includes(word));
      if (one.hidden === fits) one.hidden = !fits;
      count += fits;
    });
    field("count").textContent = count + " of " + all.length;
  };
  // Who types fast waits once, not at every key.
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 60);
  });
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  const unfold = field("unfold");
  unfold.addEventListener("click", () => {
    const folded = shown().filter((one) => !one.open);
    folded.length ? folded.forEach((one) => (one.open = true)) : shown().forEach((one) => (one.open = false));
  });
  const step = (by) => {
    const rows = shown();
    const at = rows.findIndex((one) => one.contains(document.activeElement));
    const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (next) next.firstElementChild.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    const actions = { "/": () => field("q").focus(), j: () => step(1), k: () => step(-1) };
    if (!typing && actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    } else if (event.key === "Escape" && typing) {
      event.target.blur();
    }
  });
  // A link from the timeline opens what it leads to, filtered out or not.
  const show = () => {
    const one = all.find((finding) => "#" + finding.id === location.hash);
    if (!one) return;
    one.hidden = false;
    one.open = true;
    one.scrollIntoView();
    one.firstElementChild.focus({ preventScroll: true });
  };
  addEventListener("hashchange", show);
  show();
  // Paper cannot be unfolded. Of very many findings only those are printed whole that the reader has opened.
  let opened = [];
  addEventListener("beforeprint", () => {
    const folded = shown().filter((one) => !one.open);
    opened = shown().length > 300 ? [] : folded;
    opened.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((one) => (one.open = false)));
  apply();
})();
