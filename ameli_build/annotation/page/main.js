// What the annotator does: clicks and keys.
const TWO_DIGITS_WITHIN = 900;
let digits = "";
let digitsAt = 0;

function go(index) {
  if (index < 0 || index >= sheet.ids.length) return;
  at = index;
  keep();
  show();
  say(`Review ${at + 1} of ${sheet.ids.length}`);
}

// After a choice: focus stays on what was pressed, though it has been drawn anew.
function redraw() {
  const focused = document.activeElement;
  const place = focused?.closest(".candidate")?.id;
  const role = ["choose", "rule", "head"].find((name) => focused?.classList.contains(name));
  const scrolled = $("products").scrollTop;
  showProducts();
  showBars();
  $("products").scrollTop = scrolled;
  if (place && role) $(place)?.querySelector(`.${role}`)?.focus({ preventScroll: true });
}

function choose(choice, andGoOn = false) {
  const id = sheet.ids[at];
  if (!choicesOf(at).includes(choice)) return;
  const again = !andGoOn && answerOf(id).choice === choice;
  const out = answerOf(id).out.filter((each) => again || String(each) !== choice);
  change(id, { choice: again ? null : choice, out });
  if (choosing && choice !== CANNOT_TELL) cursor = Number(choice) - 1;
  redraw();
  say(again ? "Answer taken back" : `Chosen: ${$("chosen").textContent}`);
  if (andGoOn && at < sheet.ids.length - 1) go(at + 1);
}

function ruleOut(n) {
  const id = sheet.ids[at];
  const { out, choice } = answerOf(id);
  if (n === null) change(id, { out: [] });
  else if (out.includes(n + 1)) change(id, { out: out.filter((each) => each !== n + 1) });
  else change(id, { out: [...out, n + 1], choice: choice === String(n + 1) ? null : choice });
  redraw();
}

function expand(n) {
  if (open.has(n)) open.delete(n);
  else open.add(n);
  cursor = n;
  redraw();
}

function openAll(wanted) {
  open = new Set(wanted ? reviewAt(at).shown.keys() : []);
  redraw();
}

function setOnly(wanted) {
  onlyDiffering = wanted;
  redraw();
}

function moveTo(n) {
  if (n < 0 || n >= reviewAt(at).shown.length) return;
  $(`candidate-${cursor}`)?.classList.remove("cursor");
  cursor = n;
  $(`candidate-${cursor}`).classList.add("cursor");
  reveal();
  say(`${n + 1}: ${productAt(reviewAt(at).shown[n]).name}`);
}

function digit(key) {
  const now = Date.now();
  const longer = now - digitsAt < TWO_DIGITS_WITHIN ? digits + key : key;
  const fits = Number(longer) >= 1 && Number(longer) <= reviewAt(at).shown.length;
  digits = fits ? longer : key;
  digitsAt = now;
  if (fits || key !== "0") moveTo(Number(digits) - 1);
  else choose(CANNOT_TELL, true);
}

function nextUnanswered() {
  const order = [...sheet.ids.keys()].map((n) => (at + 1 + n) % sheet.ids.length);
  const next = order.find((index) => answerOf(sheet.ids[index]).choice === null);
  if (next !== undefined) go(next);
}

const KEYS = {
  ArrowRight: () => go(at + 1),
  ArrowLeft: () => go(at - 1),
  "?": () => choose(CANNOT_TELL, true),
  z: () => reviewAt(at).photos.length && zoom(reviewAt(at).photos, 0),
  c: () => $("comment").focus(),
};
const CHOOSING_KEYS = {
  ArrowDown: () => moveTo(cursor + 1),
  ArrowUp: () => moveTo(cursor - 1),
  Enter: () => choose(String(cursor + 1), true),
  " ": () => expand(cursor),
  x: () => ruleOut(cursor),
  d: () => setOnly(!onlyDiffering),
};

function pressed(event) {
  const field = event.target.closest("textarea, input");
  if (field && field.type !== "checkbox") {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !sheet.ids.length) return;
  if ($("zoom").open) return leaf(event);
  if ($("guide").open) return;
  if ((event.key === "Enter" || event.key === " ") && event.target.closest("button, input")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = KEYS[key] ?? (choosing ? CHOOSING_KEYS[key] : undefined);
  if (act) act();
  else if (/^\d$/.test(key)) choosing ? digit(key) : choose(key === "0" ? CANNOT_TELL : sheet.choices[Number(key) - 1], true);
  else return;
  event.preventDefault();
}

function leaf(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const { all, place } = $("zoom").dataset;
  zoom(JSON.parse(all), Number(place) + step);
  event.preventDefault();
}

function listen() {
  document.addEventListener("keydown", pressed);
  // A mouse click leaves no focus behind, so that Enter goes on meaning "choose".
  document.addEventListener("click", (event) => event.detail > 0 && document.activeElement?.closest("main button, footer button, nav button")?.blur());
  $("back").addEventListener("click", () => go(at - 1));
  $("on").addEventListener("click", () => go(at + 1));
  $("page-back").addEventListener("click", () => go((Math.floor(at / sheet.perPage) - 1) * sheet.perPage));
  $("page-on").addEventListener("click", () => go((Math.floor(at / sheet.perPage) + 1) * sheet.perPage));
  $("unanswered").addEventListener("click", nextUnanswered);
  $("zoom").addEventListener("click", () => $("zoom").close());
  $("help").addEventListener("click", () => $("guide").showModal());
  $("save").addEventListener("click", () => {
    download();
    showBars();
    $("kept").textContent = `answers-${sheet.sheet}.json saved`;
  });
  $("load").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => {
    const [file] = $("file").files;
    if (!file) return;
    const told = load(await file.text());
    $("file").value = "";
    show();
    $("kept").textContent = told;
  });
  window.addEventListener("beforeunload", (event) => unsaved && !keeps && event.preventDefault());
}

recall();
listen();
show();
