// The pinned products beside each other: a row for each specification, a column for each product.
function pin(n) {
  if (pinned.has(n)) pinned.delete(n);
  else if (pinned.size < MOST_PINNED) pinned.add(n);
  else return say(`At most ${MOST_PINNED} products can be pinned`);
  redraw();
  say(`${pinned.size} pinned`);
}

function compare() {
  if (pinned.size < 2) return say("Pin at least two products to compare them");
  showComparison();
  if (!$("compare").open) $("compare").showModal();
}

function showComparison() {
  const places = [...pinned].sort((a, b) => a - b);
  const products = places.map((n) => shown()[n]);
  const review = reviewAt(at);
  const differ = differing(products);
  const spoken = spokenOf([review.title, ...review.text].join(" "), products, MOST_PINNED * 2);
  const all = new Set([...spoken, ...products.flatMap((product) => product.attributes.map((row) => row[1]))]);
  const rows = [...all].filter((name) => !onlyDiffering || differ.has(name)).map((name) =>
    node(
      "tr",
      { class: differ.has(name) ? "differs" : "" },
      node("th", { scope: "row" }, ...marked(name, terms)),
      ...products.map((product) => node("td", { dir: "auto" }, ...marked(valueOf(product, name) || "–", terms))),
    ),
  );
  const heads = products.map((product, k) => node("th", { scope: "col" }, ...columnHead(product, places[k])));
  $("compare-table").className = onlyDiffering ? "" : "all";
  $("compare-only").checked = onlyDiffering;
  $("compare-table").replaceChildren(
    node("thead", {}, node("tr", {}, node("td"), ...heads)),
    node("tbody", {}, ...rows),
  );
}

function columnHead(product, n) {
  const chosen = answerOf(sheet.ids[at]).choice === String(n + 1);
  const pictures = product.images.slice(0, 1).map((number) => picture(number, `Picture of ${product.name}`, () => zoom("product", 0, n)));
  const pick = () => {
    $("compare").close();
    if (!chosen) choose(String(n + 1));
  };
  return [
    ...pictures,
    node("span", { class: "name", dir: "auto" }, `${n + 1}. `, ...marked(product.name, terms)),
    node("button", { type: "button", class: "choose", "aria-pressed": String(chosen), "aria-label": `Choose ${n + 1}: ${product.name}`, onclick: pick }, chosen ? "✓ Chosen" : "Choose"),
  ];
}
