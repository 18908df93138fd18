// Where answers stay: in this browser, and in the file that the annotator sends back.
// A server that shows this page stands in for `localStorage` (or puts functions of the same names in the place of
// these), and sets the attribute `data-server` of the root element: "", or what the server does not have yet. It sends
// the event "server" to the document at each change.
const served = "server" in document.documentElement.dataset;
const unsent = () => document.documentElement.dataset.server;
const KEY = `ameli ${sheet.task} ${sheet.sheet} ${sheet.fingerprint}`;
const SEEN = `ameli guide ${sheet.task}`;
let keeps = true;

// After each change.
function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify({ answers: [...answers], at }));
    keeps = true;
  } catch {
    keeps = false;
  }
}

// At the start.
function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (kept) {
      take(Array.isArray(kept.answers) ? kept.answers : Object.entries(kept.answers ?? {}));
      at = Math.min(Math.max(Number(kept.at) || 0, 0), Math.max(sheet.ids.length - 1, 0));
    }
  } catch {
    keeps = false;
  }
}

// Whether a sheet of this task is opened for the first time in this browser.
function firstStart() {
  try {
    const first = localStorage.getItem(SEEN) === null && !answers.size;
    localStorage.setItem(SEEN, "seen");
    return first;
  } catch {
    return !answers.size;
  }
}

// When the annotator saves; gives the name of the file.
function save() {
  const name = `answers-${sheet.sheet}.json`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(answersFile(), null, 1)], { type: "application/json" }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  return name;
}
