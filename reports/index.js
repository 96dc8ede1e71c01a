// Sorts, filters and searches the table of analyses. Without it the plain table is there.
// What comes from the table is only ever set as text, so that no label can become markup.
{
  const table = document.querySelector("table.analyses");
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const order = new Intl.Collator(undefined, { numeric: true });
  // Case and accents do not matter to a search; letters that are no accents stay.
  const folded = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  const rows = [...body.rows].map((element) => ({
    element,
    verdict: element.dataset.verdict,
    causes: JSON.parse(element.dataset.causes),
    words: folded(
      [...element.querySelectorAll("[data-searched]")].map((e) => e.textContent).join(" ")
    ),
    keys: [...element.cells].map((cell) => cell.dataset.key),
  }));
  const state = { words: "", verdicts: new Set(), cause: "", column: null, down: false };

  const make = (tag, attributes = {}, ...content) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...content);
    return element;
  };

  // Which rows pass. A filter's own counts are of the rows that pass all the others.
  const tests = {
    words: (row) => folded(state.words).split(/\s+/).every((word) => row.words.includes(word)),
    verdict: (row) => !state.verdicts.size || state.verdicts.has(row.verdict),
    cause: (row) => !state.cause || row.causes.includes(state.cause),
  };
  const passing = (...names) => rows.filter((row) => names.every((name) => tests[name](row)));

  // The controls.
  const search = make("input", { type: "search", id: "search", autocomplete: "off", dir: "auto" });
  const verdicts = [...new Map(
    [...rows].sort((a, b) => a.keys[1] - b.keys[1]).map((row) => [row.verdict, null])
  ).keys()].map((name) => {
    const box = make("input", { type: "checkbox", value: name });
    const number = make("span", { class: "count" });
    return { name, box, number, label: make("label", {}, box, " ", name, " ", number) };
  });
  const causes = [...new Set(rows.flatMap((row) => row.causes))].sort(order.compare);
  const options = causes.map((name) => ({ name, option: make("option", { value: name }) }));
  const any = make("option", { value: "" }, "Any");
  const cause = make("select", { id: "cause" }, any, ...options.map((each) => each.option));
  const shown = make("p", { role: "status", class: "shown" });
  const clear = make("button", { type: "button" }, "Show all");
  const form = make(
    "form", { role: "search", "aria-label": "Find an analysis", class: "finder" },
    make("div", { class: "field words" },
      make("label", { for: "search" }, "Search title, formula and cause"), search),
    make("div", { class: "field" }, make("label", { for: "cause" }, "Cause"), cause),
    make("fieldset", {}, make("legend", {}, "Verdict"), ...verdicts.map((each) => each.label)),
    make("div", { class: "outcome" }, shown, clear),
  );

  const filter = () => {
    const kept = new Set(passing("words", "verdict", "cause"));
    for (const row of rows) row.element.hidden = !kept.has(row);
    const byVerdict = passing("words", "cause");
    for (const { name, box, number } of verdicts) {
      box.checked = state.verdicts.has(name);
      number.textContent = byVerdict.filter((row) => row.verdict === name).length;
    }
    const byCause = passing("words", "verdict");
    for (const { name, option } of options) {
      option.textContent = `${name} (${byCause.filter((row) => row.causes.includes(name)).length})`;
    }
    cause.value = state.cause;
    if (search.value !== state.words) search.value = state.words;
    clear.hidden = !(state.words || state.verdicts.size || state.cause);
    shown.textContent = `${kept.size} of ${rows.length} shown`;
  };

  // What is not known comes last, up or down.
  const compare = (column, numbers) => (a, b) => {
    const [one, other] = [a.keys[column], b.keys[column]];
    if (one === undefined || other === undefined) {
      return (one === undefined) - (other === undefined);
    }
    return (state.down ? -1 : 1) * (numbers ? one - other : order.compare(one, other));
  };

  const sort = () => {
    headings.forEach((heading, column) => {
      if (column === state.column) {
        heading.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      } else heading.removeAttribute("aria-sort");
    });
    const numbers = headings[state.column]?.dataset.sorted === "number";
    const sorted = state.column === null ? rows : [...rows].sort(compare(state.column, numbers));
    body.append(...sorted.map((row) => row.element));
  };

  // The address keeps what was chosen, for the way back from a page and for a bookmark.
  const remember = () => {
    const told = new URLSearchParams();
    if (state.words) told.set("search", state.words);
    for (const name of state.verdicts) told.append("verdict", name);
    if (state.cause) told.set("cause", state.cause);
    if (state.column !== null) told.set(state.down ? "down" : "up", state.column);
    history.replaceState(null, "", `#${told}`);
  };
  const recall = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    state.words = told.get("search") ?? "";
    state.verdicts = new Set(
      told.getAll("verdict").filter((name) => verdicts.some((each) => each.name === name))
    );
    state.cause = causes.includes(told.get("cause")) ? told.get("cause") : "";
    const column = Number(told.get("down") ?? told.get("up") ?? NaN);
    state.column = column in headings ? column : null;
    state.down = told.has("down");
  };

  headings.forEach((heading, column) => {
    const button = make("button", { type: "button" }, heading.textContent);
    button.addEventListener("click", () => {
      state.down = state.column === column && !state.down;
      state.column = column;
      sort();
      remember();
    });
    heading.replaceChildren(button);
  });
  const changed = () => {
    filter();
    remember();
  };
  search.addEventListener("input", () => {
    state.words = search.value;
    changed();
  });
  for (const { name, box } of verdicts) {
    box.addEventListener("change", () => {
      if (box.checked) state.verdicts.add(name);
      else state.verdicts.delete(name);
      changed();
    });
  }
  cause.addEventListener("change", () => {
    state.cause = cause.value;
    changed();
  });
  clear.addEventListener("click", () => {
    Object.assign(state, { words: "", verdicts: new Set(), cause: "" });
    changed();
    search.focus();
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  recall();
  table.closest(".scroll").before(form);
  filter();
  if (state.column !== null) sort();
}
