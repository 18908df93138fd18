// What is on the screen. Every text of a review or a product goes in as text, never as markup.
const $ = (id) => document.getElementById(id);
const choosing = sheet.choices === null;
let cursor = 0;
let onlyDiffering = true;
let open = new Set();

function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function say(text) {
  $("spoken").textContent = text;
}

function show() {
  cursor = 0;
  open = new Set(choosing ? [] : [0]);
  if (!sheet.ids.length) {
    $("review").replaceChildren(node("p", {}, "There is no review on this sheet."));
    showBars();
    return;
  }
  showReview();
  const chosen = Number(answerOf(sheet.ids[at]).choice);
  if (choosing && chosen) cursor = chosen - 1;
  showProducts();
  showBars();
  $("review").scrollTop = 0;
  $("products").scrollTop = 0;
  reveal();
}

function showReview() {
  const review = reviewAt(at);
  const id = sheet.ids[at];
  const [before, marked, after] = review.text;
  const text = node("p", { class: "text", dir: "auto" }, before);
  if (marked) text.append(node("mark", {}, marked), after);
  const photos = review.photos.map((number, n) => picture(number, `Photograph ${n + 1} of the review`, review.photos, n));
  const given = answerOf(id);
  const comment = node("textarea", { id: "comment", rows: 2, oninput: (event) => change(id, { comment: event.target.value }) });
  comment.value = given.comment;
  const parts = [
    node("p", { class: "place" }, `Review ${at + 1} of ${sheet.ids.length}`),
    node("h2", { dir: "auto" }, review.title),
    text,
    node("div", { class: `photos n${Math.min(photos.length, 3)}` }, ...photos),
  ];
  if (sheet.task === "mentions") {
    const words = node("input", { id: "words", type: "text", oninput: (event) => change(id, { words: event.target.value }) });
    words.value = given.words;
    parts.push(node("label", { for: "words" }, "The right words, where the marked ones are wrong"), words);
  }
  parts.push(node("label", { for: "comment" }, "Comment (optional)"), comment);
  $("review").replaceChildren(...parts);
}

function picture(number, label, all, place) {
  return node(
    "button",
    { type: "button", class: "picture", title: "Enlarge", "aria-label": `${label}: enlarge`, onclick: () => zoom(all, place) },
    node("img", { src: pictureAt(number), alt: label }),
  );
}

function remaining() {
  const out = new Set(answerOf(sheet.ids[at]).out);
  const all = reviewAt(at).shown.map(productAt);
  const left = all.filter((_, n) => !out.has(n + 1));
  return left.length > 1 ? left : all;
}

function showProducts() {
  const review = reviewAt(at);
  const left = remaining();
  const differ = choosing ? differing(left) : new Set();
  const names = choosing ? telling(left, left.length > 8 ? 4 : 6) : [];
  const list = node("ol", { class: "candidates" }, ...review.shown.map((number, n) => candidate(productAt(number), n, names, differ)));
  $("products").replaceChildren(...(choosing ? [toolbar(left.length)] : []), list);
}

function toolbar(left) {
  const count = reviewAt(at).shown.length;
  const toggle = node("input", { type: "checkbox", id: "only" });
  toggle.checked = onlyDiffering;
  toggle.addEventListener("change", () => setOnly(toggle.checked));
  const ruled = answerOf(sheet.ids[at]).out.length;
  return node(
    "div",
    { class: "toolbar" },
    node("p", {}, ruled ? `${left} of ${count} products left` : `${count} products`),
    node("label", {}, toggle, " differing specifications only"),
    node("button", { type: "button", onclick: () => openAll(open.size < count) }, open.size < count ? "Open all" : "Close all"),
    node("button", { type: "button", disabled: !ruled, onclick: () => ruleOut(null) }, "Take all back"),
  );
}

function candidate(product, n, names, differ) {
  const given = answerOf(sheet.ids[at]);
  const chosen = choosing && given.choice === String(n + 1);
  const out = given.out.includes(n + 1);
  const isOpen = open.has(n);
  const [thumbnail] = product.images;
  const chips = names.map((name) =>
    node("span", { class: "chip" }, node("span", {}, `${name} `), node("b", {}, valueOf(product, name) || "–")),
  );
  const body = node("span", { class: "about" }, node("span", { class: "name", dir: "auto" }, product.name), node("span", { class: "chips" }, ...chips));
  const head = node(
    "button",
    { type: "button", class: "head", "aria-expanded": String(isOpen), "aria-controls": `more-${n}`, onclick: () => expand(n) },
    ...(choosing ? [node("span", { class: "number" }, String(n + 1))] : []),
    thumbnail === undefined ? node("span", { class: "blank" }) : node("img", { src: pictureAt(thumbnail), alt: "" }),
    body,
  );
  const row = node("div", { class: "row" }, head);
  if (choosing) row.append(node("div", { class: "acts" }, ...acts(n, chosen, out, product)));
  const classes = ["candidate", chosen && "chosen", out && "out", choosing && n === cursor && "cursor"].filter(Boolean).join(" ");
  return node("li", { class: classes, id: `candidate-${n}` }, row, node("div", { class: "more", id: `more-${n}`, hidden: !isOpen }, ...(isOpen ? details(product, differ) : [])));
}

function acts(n, chosen, out, product) {
  return [
    node(
      "button",
      { type: "button", class: "choose", "aria-pressed": String(chosen), "aria-label": `Choose ${n + 1}: ${product.name}`, onclick: () => choose(String(n + 1)) },
      chosen ? "✓ Chosen" : "Choose",
    ),
    node(
      "button",
      { type: "button", class: "rule", "aria-pressed": String(out), "aria-label": `${out ? "Take back" : "Rule out"} ${n + 1}`, onclick: () => ruleOut(n) },
      out ? "Take back" : "Rule out",
    ),
  ];
}

function details(product, differ) {
  const pictures = product.images.map((number, n) => picture(number, `Picture ${n + 1} of ${product.name}`, product.images, n));
  const hide = choosing && onlyDiffering;
  const rows = [];
  let group = null;
  for (const [of, name, value] of product.attributes) {
    if (hide && !differ.has(name)) continue;
    if (of !== group) rows.push(node("tr", { class: "group" }, node("th", { colspan: 2, scope: "rowgroup" }, of || "Specifications")));
    group = of;
    rows.push(node("tr", { class: differ.has(name) ? "differs" : "" }, node("th", { scope: "row" }, name), node("td", { dir: "auto" }, value)));
  }
  const hidden = product.attributes.filter((row) => hide && !differ.has(row[1])).length;
  return [
    node("p", { class: "path" }, product.categories.join(" › ")),
    node("div", { class: "pictures" }, ...pictures),
    node("p", { class: "description", dir: "auto" }, product.description),
    node("table", { class: hide ? "" : "all" }, node("tbody", {}, ...rows)),
    ...(hidden ? [node("p", { class: "path" }, `${hidden} specifications are the same for all and not shown (D shows them)`)] : []),
  ];
}

function showBars() {
  const done = answered();
  const count = sheet.ids.length;
  $("progress").value = done;
  $("progress-text").textContent = `${done} of ${count} answered`;
  $("kept").textContent = keeps ? "answers are kept in this browser" : "this browser does not keep answers: save before you close";
  $("kept").classList.toggle("warning", !keeps);
  showStrip(Math.floor(at / sheet.perPage), Math.max(Math.ceil(count / sheet.perPage), 1));
  $("back").disabled = at <= 0;
  $("on").disabled = at >= count - 1;
  $("unanswered").disabled = done >= count;
  $("save").classList.toggle("due", done >= count && count > 0 && unsaved);
  showChoice();
}

function showStrip(page, pages) {
  $("page-text").textContent = `Page ${page + 1} of ${pages}`;
  $("page-back").disabled = page <= 0;
  $("page-on").disabled = page >= pages - 1;
  const here = sheet.ids.slice(page * sheet.perPage, (page + 1) * sheet.perPage);
  const chips = here.map((id, n) => {
    const index = page * sheet.perPage + n;
    const choice = answerOf(id).choice;
    const state = choice === null ? "" : choice === CANNOT_TELL ? "unsure" : "answered";
    const label = `Review ${index + 1}${choice === null ? "" : choice === CANNOT_TELL ? ", cannot tell" : ", answered"}`;
    const button = node("button", { type: "button", class: state, "aria-label": label, "aria-current": index === at ? "step" : null, onclick: () => go(index) }, String(index + 1));
    return node("li", {}, button);
  });
  $("strip").replaceChildren(...chips);
}

function showChoice() {
  if (!sheet.ids.length) return;
  const { choice } = answerOf(sheet.ids[at]);
  const label = (name) => (name === CANNOT_TELL ? "Cannot tell" : name[0].toUpperCase() + name.slice(1));
  const buttons = [...(sheet.choices ?? []), CANNOT_TELL].map((name, n) =>
    node(
      "button",
      { type: "button", "aria-pressed": String(choice === name), class: choice === name ? "picked" : "", "data-choice": name, onclick: () => choose(name) },
      label(name), " ", node("kbd", {}, name === CANNOT_TELL ? "0" : String(n + 1)),
    ),
  );
  $("choices").replaceChildren(...buttons);
  let text = "Not answered yet";
  if (choice === CANNOT_TELL) text = "Cannot tell";
  else if (choice !== null) text = choosing ? `${choice}. ${productAt(reviewAt(at).shown[Number(choice) - 1]).name}` : label(choice);
  $("chosen").textContent = text;
  $("chosen").classList.toggle("set", choice !== null);
}

function reveal() {
  const row = $(`candidate-${cursor}`);
  if (choosing && row) row.scrollIntoView({ block: "nearest" });
}

function zoom(all, place) {
  const box = $("zoom");
  box.dataset.all = JSON.stringify(all);
  box.dataset.place = String((place + all.length) % all.length);
  box.querySelector("img").src = pictureAt(all[(place + all.length) % all.length]);
  box.querySelector("p").textContent = all.length > 1 ? `${((place + all.length) % all.length) + 1} of ${all.length}` : "";
  if (!box.open) box.showModal();
}
