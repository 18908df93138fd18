// The products beside the review: filter, order to compare, details. The settings of the toolbar hold for all reviews.
const MOST_PINNED = 4;
let cursor = -1; // no product is marked until the annotator marks it, so that a second Enter chooses nothing
let open = new Set();
let pinned = new Set();
let terms = [];
let onlyDiffering = true;
let hideOut = false;

function startProducts() {
  const chosen = Number(answerOf(sheet.ids[at]).choice);
  cursor = choosing && chosen ? chosen - 1 : -1;
  open = new Set(choosing ? [] : [0]);
  pinned = new Set();
  setFilter("");
}

function setFilter(query) {
  if ($("filter").value !== query) $("filter").value = query;
  terms = termsOf(query);
}

const shown = () => reviewAt(at).shown.map(productAt);
const isOut = (n) => answerOf(sheet.ids[at]).out.includes(n + 1);

// Places of the products in sight.
function visible() {
  return [...shown().entries()].filter(([n, product]) => !(hideOut && isOut(n)) && has(product, terms)).map(([n]) => n);
}

function remaining() {
  const left = shown().filter((_, n) => !isOut(n));
  return left.length > 1 ? left : shown();
}

function showProducts() {
  const seen = choosing ? visible() : [0];
  if (!seen.includes(cursor)) cursor = -1;
  const left = remaining();
  const review = reviewAt(at);
  const most = left.length > 8 ? 4 : 6;
  const spoken = choosing ? spokenOf([review.title, ...review.text].join(" "), left, most) : [];
  const names = spoken.length || !choosing ? spoken : telling(left, most);
  $("candidates").replaceChildren(...seen.map((n) => candidate(shown()[n], n, names, left)));
  showToolbar(seen.length);
}

function showToolbar(seen) {
  const count = shown().length;
  const ruled = answerOf(sheet.ids[at]).out.length;
  const rest = ruled ? `${count - ruled} of ${count} products left` : `${count} products`;
  $("left").textContent = seen < count ? `${rest}, ${seen} shown` : rest;
  $("only").checked = onlyDiffering;
  $("hide").checked = hideOut;
  $("compare-pinned").disabled = pinned.size < 2;
  $("compare-pinned").textContent = `Compare (${pinned.size})`;
  $("open-all").textContent = open.size < count ? "Open all" : "Close all";
  $("take-back").disabled = !ruled;
}

function candidate(product, n, names, left) {
  const given = answerOf(sheet.ids[at]);
  const chosen = choosing && given.choice === String(n + 1);
  const isOpen = open.has(n);
  const [thumbnail] = product.images;
  const head = node(
    "button",
    { type: "button", class: "head", "aria-expanded": String(isOpen), "aria-controls": `more-${n}`, onclick: () => expand(n) },
    ...(choosing ? [node("span", { class: "number" }, String(n + 1))] : []),
    thumbnail === undefined ? node("span", { class: "blank" }) : node("img", { src: pictureAt(thumbnail), alt: "" }),
    node("span", { class: "about" }, node("span", { class: "name", dir: "auto" }, ...marked(product.name, terms)), chips(product, names)),
  );
  const row = node("div", { class: "row" }, head);
  if (choosing) row.append(node("div", { class: "acts" }, ...acts(n, chosen, product)));
  const classes = { chosen, out: isOut(n), pinned: pinned.has(n), cursor: choosing && n === cursor };
  const more = node("div", { class: "more", id: `more-${n}`, hidden: !isOpen }, ...(isOpen ? details(product, n, left) : []));
  return node("li", { class: ["candidate", ...Object.keys(classes).filter((name) => classes[name])].join(" "), id: `candidate-${n}` }, row, more);
}

// Specifications that the filter finds, and those that the review speaks of.
function chips(product, names) {
  const found = (text) => terms.some((term) => placesOf(term, text).length);
  const hit = product.attributes.filter(([, name, value]) => !UNTELLING.test(name) && (found(name) || found(value)));
  const all = [...new Set([...hit.map((row) => row[1]), ...names])].filter((name) => valueOf(product, name));
  return node("span", { class: "chips" }, ...all.map((name) =>
    node("span", { class: "chip" }, node("span", {}, ...marked(name, terms)), " ", node("b", {}, ...marked(valueOf(product, name), terms))),
  ));
}

function acts(n, chosen, product) {
  const [out, isPinned] = [isOut(n), pinned.has(n)];
  const once = (act) => (event) => event.detail < 2 && act(); // a double click is a click
  const button = (name, pressed, label, text, act, disabled = false) =>
    node("button", { type: "button", class: name, disabled, "aria-pressed": String(pressed), "aria-label": `${label} ${n + 1}: ${product.name}`, onclick: once(act) }, text);
  return [
    button("choose", chosen, "Choose", chosen ? "✓ Chosen" : "Choose", () => choose(String(n + 1))),
    button("rule", out, out ? "Take back" : "Rule out", out ? "Take back" : "Rule out", () => ruleOut(n)),
    button("pin", isPinned, isPinned ? "Unpin" : "Pin", isPinned ? "Unpin" : "Pin", () => pin(n), !isPinned && pinned.size >= MOST_PINNED),
  ];
}

function details(product, n, left) {
  const pictures = product.images.map((number, k) => picture(number, `Picture ${k + 1} of ${product.name}`, () => zoom("product", k, n)));
  const differ = choosing ? differing(alike(product, left.includes(product) ? left : shown())) : new Set();
  const hide = choosing && onlyDiffering;
  const rows = [];
  let group = null;
  for (const [of, name, value] of product.attributes) {
    if (hide && !differ.has(name)) continue;
    if (of !== group) rows.push(node("tr", { class: "group" }, node("th", { colspan: 2, scope: "rowgroup" }, of || "Specifications")));
    group = of;
    rows.push(node("tr", { class: differ.has(name) ? "differs" : "" }, node("th", { scope: "row" }, ...marked(name, terms)), node("td", { dir: "auto" }, ...marked(value, terms))));
  }
  const hidden = product.attributes.filter((row) => hide && !differ.has(row[1])).length;
  return [
    node("p", { class: "path" }, product.categories.join(" › ")),
    node("div", { class: "pictures" }, ...pictures),
    node("p", { class: "description", dir: "auto" }, ...marked(product.description, terms)),
    node("table", { class: hide ? "" : "all" }, node("tbody", {}, ...rows)),
    ...(hidden ? [node("p", { class: "path" }, `${hidden} specifications are the same for all of this category and not shown (D shows them)`)] : []),
  ];
}

function reveal() {
  $(`candidate-${cursor}`)?.scrollIntoView({ block: "nearest" });
}
