// What the annotator has answered. `answers` maps a review id to {choice, comment, words, out, answered_at, seconds};
// `out` holds the numbers of products that were ruled out.
// A Map, as an id may be the name of something that every object has ("constructor").
const sheet = JSON.parse(document.getElementById("sheet").textContent);
const CANNOT_TELL = "?";
const BLANK = { choice: null, comment: "", words: "", out: [], answered_at: null, seconds: null };
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
let changes = []; // earlier answers, for undo: pairs of a review id and its answer before
let at = 0;
let unsaved = false;

function answerOf(id) {
  return answers.get(id) ?? BLANK;
}

function change(id, values) {
  const before = answerOf(id);
  const after = { ...before, ...values };
  if (after.choice !== before.choice) {
    changes.push([id, before]);
    after.answered_at = after.choice === null ? null : new Date().toISOString();
    after.seconds = after.choice === null ? null : secondsOn(id);
  }
  answers.set(id, after);
  unsaved = true;
  keep();
}

// Takes back the last answer; gives its review's place, or null.
function undo() {
  const [id, before] = changes.pop() ?? [null];
  if (id === null) return null;
  const { comment, words } = answerOf(id);
  const time = before.choice === null ? {} : { answered_at: new Date().toISOString() }; // the answer is given again
  answers.set(id, { ...before, comment, words, ...time });
  unsaved = true;
  keep();
  return sheet.ids.indexOf(id);
}

function answered() {
  return sheet.ids.filter((id) => answerOf(id).choice !== null).length;
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
      answered_at: typeof given.answered_at === "string" ? given.answered_at : null,
      seconds: Number.isFinite(given.seconds) ? given.seconds : null,
    });
    taken += 1;
  }
  changes = [];
  return taken;
}

function choicesOf(index) {
  const fixed = sheet.choices ?? reviewAt(index).shown.map((_, n) => String(n + 1));
  return [...fixed, CANNOT_TELL];
}

function answersFile() {
  const rows = sheet.ids.map((id) => {
    const { choice, comment, words, out, answered_at, seconds } = answerOf(id);
    const time = answered_at === null ? {} : { answered_at, seconds };
    return { review_id: id, choice: /^\d+$/.test(choice ?? "") ? Number(choice) : choice, comment, words, out, ...time };
  });
  const { format, task, annotator, fingerprint } = sheet;
  return { format, task, sheet: sheet.sheet, annotator, fingerprint, simulated: false, answers: rows };
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
