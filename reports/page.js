// Marks in the contents where the reader is, gives copy buttons, and opens all that is folded.
// The page is complete without it.
{
  const links = [...document.querySelectorAll("#TOC a[href^='#']")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      for (const link of links) {
        if (link.hash === "#" + entry.target.id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const link of links) {
    const section = document.getElementById(link.hash.slice(1));
    if (section) seen.observe(section);
  }

  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", () => act(made));
    return made;
  };

  for (const box of document.querySelectorAll(".copy")) {
    const copy = async (by) => {
      const words = [...box.children].filter((e) => e !== by).map((e) => e.innerText).join("\n\n");
      try {
        await navigator.clipboard.writeText(words);
        by.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(box);
        by.textContent = "Selected: press Ctrl+C";
      }
    };
    box.append(button("Copy", copy));
  }

  // Print shows what is open, so this is how to print everything.
  const facts = document.querySelector(".facts");
  if (facts) {
    const [OPEN, CLOSE] = ["Open all folds", "Close all folds"];
    const turn = (by) => {
      const open = by.textContent === OPEN;
      for (const fold of document.querySelectorAll("details")) fold.open = open;
      by.textContent = open ? CLOSE : OPEN;
    };
    const item = document.createElement("li");
    item.className = "all-folds";
    item.append(button(OPEN, turn));
    facts.append(item);
  }

  // A link into a fold opens it; not every browser does so.
  const unfold = (hash) => {
    const target = document.getElementById(decodeURIComponent(hash.slice(1)));
    for (let fold = target; (fold = fold?.parentElement.closest("details")); ) fold.open = true;
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link) unfold(link.hash);
  });
  unfold(location.hash);
}
