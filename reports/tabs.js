// Makes the panels of each tabset tabs, by ARIA's pattern: arrows, Home and End move between them.
// Without it, and in print, the panels stand one below the other, each under its title.
{
  const KEYS = {
    ArrowRight: (place, count) => (place + 1) % count,
    ArrowLeft: (place, count) => (place - 1 + count) % count,
    Home: () => 0,
    End: (place, count) => count - 1,
  };

  const tabOf = (panel) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = panel.id + "-tab";
    tab.append(...panel.querySelector(":scope > .tab-title").cloneNode(true).childNodes);
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    return tab;
  };

  for (const set of document.querySelectorAll(".tabs")) {
    const panels = [...set.querySelectorAll(":scope > .tab")];
    const tabs = panels.map(tabOf);
    const show = (shown) => {
      tabs.forEach((tab, place) => {
        tab.setAttribute("aria-selected", place === shown);
        tab.tabIndex = place === shown ? 0 : -1;
        // The browser's own search finds words in hidden panels, too; the keyboard passes them by.
        panels[place].tabIndex = place === shown ? 0 : -1;
        if (place === shown) panels[place].removeAttribute("hidden");
        else panels[place].setAttribute("hidden", "until-found");
      });
    };
    const list = document.createElement("div");
    list.className = "tab-list";
    list.setAttribute("role", "tablist");
    list.append(...tabs);
    set.prepend(list);
    set.classList.add("live");
    tabs.forEach((tab, place) => tab.addEventListener("click", () => show(place)));
    panels.forEach((panel, place) => {
      panel.addEventListener("beforematch", () => show(place));
      panel.addEventListener("reveal", () => show(place));
    });
    list.addEventListener("keydown", (event) => {
      const move = KEYS[event.key];
      if (!move) return;
      event.preventDefault();
      const place = move(tabs.indexOf(document.activeElement), tabs.length);
      show(place);
      tabs[place].focus();
    });
    show(0);
  }

  // A link into a hidden panel shows it.
  const reveal = (hash) => {
    const target = document.getElementById(decodeURIComponent(hash.slice(1)));
    for (let panel = target; (panel = panel?.closest(".tab")); panel = panel.parentElement) {
      panel.dispatchEvent(new Event("reveal"));
    }
    return target;
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link) reveal(link.hash);
  });
  reveal(location.hash)?.scrollIntoView();
}
