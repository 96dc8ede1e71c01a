// The first use of each word in a section leads to its explanation, and shows it on hover and focus.
{
  const PASSED = "a, button, code, svg, summary, .lead, .copy, .note, .tab-title, .remark-title";
  const words = [...document.querySelectorAll("dfn[id^='word-']")].flatMap((dfn) => {
    const tip = dfn.closest("tr").cells[1].textContent;
    const ways = [dfn.textContent, ...(dfn.dataset.also || "").split("|")].filter(Boolean);
    return ways.map((way) => ({ way, id: dfn.id, tip }));
  }).sort((a, b) => b.way.length - a.way.length);
  const plain = words.map((w) => w.way.replace(/[^\w\s-]/g, "\\$&")).join("|");
  const found = new RegExp("(?<![\\w-])(?:" + plain + ")(?![\\w-])");
  const byWay = new Map(words.map((w) => [w.way, w]));

  const textsOf = (element) => {
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walk.nextNode()) {
      if (!walk.currentNode.parentElement.closest(PASSED)) texts.push(walk.currentNode);
    }
    return texts;
  };

  const linkTo = (word, text) => {
    const link = document.createElement("a");
    link.className = "word";
    link.href = "#" + word.id;
    link.dataset.tip = word.tip;
    text.replaceWith(link);
    link.append(text);
  };

  // Each word once a section: `done` has those that the section has had.
  const mark = (text, done) => {
    for (let hit; (hit = found.exec(text.data)); ) {
      const word = byWay.get(hit[0]);
      const rest = text.splitText(hit.index);
      text = rest.splitText(hit[0].length);
      if (done.has(word.id)) continue;
      done.add(word.id);
      linkTo(word, rest);
    }
  };

  for (const section of words.length ? document.querySelectorAll("main section.level2:not(#words)") : []) {
    const done = new Set();
    for (const element of section.querySelectorAll("p, li, figcaption")) {
      for (const text of textsOf(element)) mark(text, done);
    }
  }
}
