// The review, the bars and the footer. Every text of a review or a product goes in as text, never as markup.
const $ = (id) => document.getElementById(id);
const choosing = sheet.choices === null;

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

// Shows the review `at` from its start: nothing typed or opened in another review stays.
function show() {
  if (!sheet.ids.length) {
    $("review").replaceChildren(node("p", {}, "There is no review on this sheet."));
    showBars();
    return;
  }
  forgetDigits();
  startProducts();
  showReview();
  showProducts();
  showBars();
  window.scrollTo(0, 0);
  $("review").scrollTop = 0;
  const row = $(`candidate-${cursor}`);
  $("products").scrollTop = choosing && row ? row.offsetTop - $("toolbar").offsetHeight - 8 : 0;
  clockOn();
}

function showReview() {
  const review = reviewAt(at);
  const id = sheet.ids[at];
  const [before, mention, after] = review.text;
  const text = node("p", { class: "text", dir: "auto" }, before);
  if (mention) text.append(node("mark", {}, mention), after);
  const photos = review.photos.map((number, n) => picture(number, `Photograph ${n + 1} of the review`, () => zoom("photo", n)));
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

function picture(number, label, enlarge) {
  return node(
    "button",
    { type: "button", class: "picture", title: "Enlarge", "aria-label": `${label}: enlarge`, onclick: enlarge },
    node("img", { src: pictureAt(number), alt: label }),
  );
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
  $("undo").disabled = !changes.length;
  $("unanswered").disabled = done >= count;
  $("save").classList.toggle("due", done >= count && count > 0 && unsaved);
  showChoice();
  showDone(done, count);
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
