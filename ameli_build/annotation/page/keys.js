// Keys. A review's number may be typed as two digits; any other key, and any other review, starts a new number.
const TWO_DIGITS_WITHIN = 900;
let digits = "";
let digitsAt = 0;

function forgetDigits() {
  digits = "";
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

const KEYS = {
  ArrowRight: () => go(at + 1),
  ArrowLeft: () => go(at - 1),
  "?": () => choose(CANNOT_TELL, true),
  z: () => zoom("photo"),
  c: () => $("comment").focus(),
};
const CHOOSING_KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Enter: () => cursor >= 0 && choose(String(cursor + 1), true),
  " ": () => cursor >= 0 && expand(cursor),
  x: () => cursor >= 0 && ruleOut(cursor),
  p: () => cursor >= 0 && pin(cursor),
  v: compare,
  d: () => setOnly(!onlyDiffering),
  h: () => setHideOut(!hideOut),
  f: () => $("filter").focus(),
  "/": () => $("filter").focus(),
};

function pressed(event) {
  const field = event.target.closest("textarea, input");
  if (field && field.type !== "checkbox") return inField(event, field);
  if (!sheet.ids.length) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return undoKey(event);
  if ($("zoom").open) return zoomKey(event);
  if (document.querySelector("dialog[open]")) return;
  // the button that closed a dialog has the focus until the page is drawn again
  const onButton = event.target.closest("button, input") && !event.target.closest("dialog");
  if ((event.key === "Enter" || event.key === " ") && onButton) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = KEYS[key] ?? (choosing ? CHOOSING_KEYS[key] : undefined);
  const isDigit = /^\d$/.test(key);
  if (!isDigit) forgetDigits();
  if (!act && !isDigit) return;
  event.preventDefault();
  if (event.repeat && !key.startsWith("Arrow")) return; // a key that is held down is pressed once
  if (act) act();
  else if (choosing) digit(key);
  else choose(key === "0" ? CANNOT_TELL : sheet.choices[Number(key) - 1], true);
}

function inField(event, field) {
  if (field.id === "filter" && event.key === "Escape") filter("");
  if (field.id === "filter" && event.key === "Enter" && !event.isComposing && visible().length) moveTo(visible()[0]);
  else if (event.key !== "Escape") return;
  field.blur();
  event.preventDefault();
}

function undoKey(event) {
  if (event.key.toLowerCase() !== "z" || event.altKey || event.shiftKey || document.querySelector("dialog[open]")) return;
  takeBack();
  event.preventDefault();
}
