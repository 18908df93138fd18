// What the annotator has answered, and where it is kept. `answers` maps a review id to
// {choice, comment, words, out}; `out` holds the numbers of products that were ruled out.
// A Map, as an id may be the name of something that every object has ("constructor").
const sheet = JSON.parse(document.getElementById("sheet").textContent);
const KEY = `ameli ${sheet.task} ${sheet.sheet} ${sheet.fingerprint}`;
const CANNOT_TELL = "?";
const block = (kind) => {
  const read = new Map();
  return (number) => {
    if (!read.has(number)) read.set(number, JSON.parse(document.getElementById(`${kind}-${number}`).textContent));
    return read.get(number);
  };
};
const reviewAt = block("review");
const productAt = block("product");
const pictureAt = (number) => document.getElementById(`picture-${number}`).textContent;

const answers = new Map();
let at = 0;
let unsaved = false;
let keeps = true;

function answerOf(id) {
  return answers.get(id) ?? { choice: null, comment: "", words: "", out: [] };
}

function change(id, values) {
  answers.set(id, { ...answerOf(id), ...values });
  unsaved = true;
  keep();
}

function answered() {
  return sheet.ids.filter((id) => answerOf(id).choice !== null).length;
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify({ answers: [...answers], at }));
    keeps = true;
  } catch {
    keeps = false;
  }
}

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

// Takes over pairs of a review id and its answer, from storage or a file: only of reviews and choices of this sheet.
function take(found) {
  const known = new Set(sheet.ids);
  let taken = 0;
  for (const [id, given] of found) {
    if (!known.has(id) || typeof given !== "object" || given === null) continue;
    const choice = given.choice === null || given.choice === undefined ? null : String(given.choice);
    answers.set(id, {
      choice: choice !== null && choicesOf(sheet.ids.indexOf(id)).includes(choice) ? choice : null,
      comment: String(given.comment ?? ""),
      words: String(given.words ?? ""),
      out: Array.isArray(given.out) ? given.out.map(Number) : [],
    });
    taken += 1;
  }
  return taken;
}

function choicesOf(index) {
  const fixed = sheet.choices ?? reviewAt(index).shown.map((_, n) => String(n + 1));
  return [...fixed, CANNOT_TELL];
}

function answersFile() {
  const rows = sheet.ids.map((id) => {
    const { choice, comment, words, out } = answerOf(id);
    return { review_id: id, choice: /^\d+$/.test(choice ?? "") ? Number(choice) : choice, comment, words, out };
  });
  const { format, task, annotator, fingerprint } = sheet;
  return { format, task, sheet: sheet.sheet, annotator, fingerprint, simulated: false, answers: rows };
}

function download() {
  const text = JSON.stringify(answersFile(), null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `answers-${sheet.sheet}.json`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  unsaved = false;
}

// Gives a sentence for the annotator.
function load(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    return "This is not an answers file.";
  }
  if (!file || !Array.isArray(file.answers)) return "This is not an answers file.";
  if (file.fingerprint !== sheet.fingerprint || file.sheet !== sheet.sheet) {
    return "This answers file belongs to another sheet.";
  }
  const rows = file.answers.filter((row) => row && typeof row.review_id === "string");
  const taken = take(rows.map((row) => [row.review_id, row]));
  keep();
  return `${taken} reviews read from the file.`;
}
