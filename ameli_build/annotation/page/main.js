// What the annotator does.
function go(index) {
  if (index < 0 || index >= sheet.ids.length) return;
  clockOff();
  at = index;
  keep();
  show();
  say(`Review ${at + 1} of ${sheet.ids.length}`);
}

// After a choice: focus stays on what was pressed, though it has been drawn anew.
function redraw() {
  const focused = document.activeElement;
  const place = focused?.closest(".candidate")?.id;
  const role = ["choose", "rule", "pin", "head"].find((name) => focused?.classList.contains(name));
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

function takeBack() {
  const index = undo();
  if (index === null) return say("No answer to take back");
  go(index);
  say(`Answer of review ${index + 1} taken back`);
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

function openAll() {
  open = new Set(open.size < shown().length ? shown().keys() : []);
  redraw();
}

function setOnly(wanted) {
  onlyDiffering = wanted;
  redraw();
  if ($("compare").open) showComparison();
}

function setHideOut(wanted) {
  hideOut = wanted;
  redraw();
}

function filter(query) {
  setFilter(query);
  redraw();
  if (terms.length) say(`${visible().length} products found`);
}

// Marks a product; one that is hidden comes back into sight.
function moveTo(n) {
  if (n < 0 || n >= shown().length) return;
  if (!visible().includes(n)) {
    setFilter("");
    hideOut &&= !isOut(n);
    redraw();
  }
  $(`candidate-${cursor}`)?.classList.remove("cursor");
  cursor = n;
  $(`candidate-${cursor}`).classList.add("cursor");
  reveal();
  say(`${n + 1}: ${shown()[n].name}`);
}

function step(by) {
  const seen = visible();
  const next = seen[seen.indexOf(cursor) + by];
  if (next !== undefined) moveTo(next);
}

function nextUnanswered() {
  const order = [...sheet.ids.keys()].map((n) => (at + 1 + n) % sheet.ids.length);
  const next = order.find((index) => answerOf(sheet.ids[index]).choice === null);
  if (next !== undefined) go(next);
}

function openGuide() {
  clockOff();
  $("guide").showModal();
  $("guide").scrollTop = 0;
}

async function readFile() {
  const [file] = $("file").files;
  if (!file) return;
  const result = load(await file.text());
  $("file").value = "";
  show();
  $("kept").textContent = result;
}

const CLICKS = {
  back: () => go(at - 1),
  on: () => go(at + 1),
  "page-back": () => go((Math.floor(at / sheet.perPage) - 1) * sheet.perPage),
  "page-on": () => go((Math.floor(at / sheet.perPage) + 1) * sheet.perPage),
  unanswered: nextUnanswered,
  undo: takeBack,
  help: openGuide,
  save: saveAndSay,
  "done-save": saveAndSay,
  load: () => $("file").click(),
  "open-all": openAll,
  "take-back": () => ruleOut(null),
  "compare-pinned": compare,
};

function listen() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("pointerdown", forgetDigits);
  document.addEventListener("visibilitychange", () => (document.hidden ? clockOff() : clockOn()));
  // A mouse click leaves no focus behind, so that Enter goes on meaning "choose".
  document.addEventListener("click", (event) => event.detail > 0 && document.activeElement?.closest("main button, main input[type=checkbox], footer button, nav button, #done button")?.blur());
  for (const [id, act] of Object.entries(CLICKS)) $(id).addEventListener("click", act);
  $("only").addEventListener("change", (event) => setOnly(event.target.checked));
  $("compare-only").addEventListener("change", (event) => setOnly(event.target.checked));
  $("hide").addEventListener("change", (event) => setHideOut(event.target.checked));
  $("filter").addEventListener("input", (event) => filter(event.target.value));
  $("file").addEventListener("change", readFile);
  $("guide").addEventListener("close", clockOn);
  for (const id of ["zoom", "compare"]) $(id).addEventListener("click", (event) => event.target === $(id) && $(id).close());
  listenToZoom();
  document.addEventListener("server", () => showDone(answered(), sheet.ids.length));
  window.addEventListener("beforeunload", (event) => unsaved && !keeps && event.preventDefault());
}

recall();
listen();
if (firstStart()) openGuide();
show();
