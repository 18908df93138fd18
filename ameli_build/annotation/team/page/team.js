// Saves the answers of a sheet on the server of a team. Stands in for the browser's storage, which the page reads when
// it opens and writes at each change. An answer waits in the browser's storage until the server has confirmed it.
(() => {
"use strict";
const SAVE_AFTER = 250;
const AGAIN_AFTER = 2000;
const GIVE_UP_AFTER = 10000;
const { key, saved } = JSON.parse(document.getElementById("team").textContent);
const WAITING = `waiting ${key} `;
const known = new Map(saved.map(([id, record]) => [id, JSON.stringify(record)]));
const memory = new Map(); // what the browser's storage did not take
const refused = new Map();
let reason = "";
let silent = false;
let sending = false;
let timer;

function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

const browser = attempt(() => window.localStorage);
const read = (name) => memory.get(name) ?? attempt(() => browser.getItem(name));

function write(name, value) {
  const stored = attempt(() => (browser.setItem(name, value), true)) === true;
  if (stored) memory.delete(name);
  else memory.set(name, value);
  return stored;
}

function remove(name) {
  memory.delete(name);
  attempt(() => browser.removeItem(name));
}

function waiting() {
  const names = new Set([...memory.keys(), ...(attempt(() => Object.keys(browser)) ?? [])]);
  return [...names].filter((name) => name.startsWith(WAITING) && refused.get(name) !== read(name));
}

function queue(answers) {
  let stored = true;
  for (const [id, record] of answers) {
    const text = JSON.stringify(record);
    if (known.get(id) === text) continue;
    known.set(id, text);
    stored = write(WAITING + id, text) && stored;
  }
  return stored;
}

// What the page finds when it opens: the server's answers, and answers that the server has not confirmed.
function opened() {
  const kept = attempt(() => JSON.parse(read(key))) ?? {};
  const answers = new Map(saved);
  attempt(() => queue(kept.answers.filter(([id]) => !answers.has(id))));
  for (const name of waiting()) {
    const id = name.slice(WAITING.length);
    const record = attempt(() => JSON.parse(read(name)));
    if (record === null) continue;
    known.set(id, JSON.stringify(record));
    answers.set(id, record);
  }
  soon(0);
  return JSON.stringify({ ...kept, answers: [...answers] });
}

function setItem(name, value) {
  let stored = write(name, value);
  if (name === key) {
    stored = queue(JSON.parse(value).answers) && stored;
    soon(SAVE_AFTER);
    show();
  }
  if (!stored) throw new Error("the browser's storage is full or off");
}

// Gives whether the server has saved the answer; fails if it may not have.
async function post(id, text) {
  const response = await fetch("answers", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ review_id: id, record: JSON.parse(text) }),
    signal: AbortSignal.timeout(GIVE_UP_AFTER),
  });
  if ([400, 413, 422].includes(response.status)) {
    reason = await response.text();
    return false;
  }
  if (!response.ok || (await response.json()).saved !== id) throw new Error("not saved");
  return true;
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    for (const name of waiting()) {
      const text = read(name); // null if another window has sent it
      if (text === null) continue;
      if (!(await post(name.slice(WAITING.length), text))) refused.set(name, text);
      else if (read(name) === text) remove(name);
      silent = false;
      show();
    }
  } catch {
    silent = true;
  }
  sending = false;
  show();
  if (waiting().length) soon(silent ? AGAIN_AFTER : SAVE_AFTER);
}

function soon(pause) {
  clearTimeout(timer);
  timer = setTimeout(send, pause);
}

function show() {
  const count = waiting().length;
  const answers = (n) => (n === 1 ? "1 answer" : `${n} answers`);
  let unsent = "";
  if (refused.size) unsent = `the server refused ${answers(refused.size)}: ${reason}`;
  else if (count && silent) unsent = `the server is silent: ${answers(count)} will be sent again`;
  else if (count) unsent = `saving ${answers(count)}`;
  document.documentElement.dataset.server = unsent; // the page says so at its end, and asks for no file
  document.dispatchEvent(new Event("server"));
  const state = document.getElementById("team-state");
  if (!state) return;
  const text = unsent || "all saved on the server";
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("warning", refused.size > 0 || (count > 0 && silent));
}

Object.defineProperty(window, "localStorage", {
  value: { getItem: (name) => (name === key ? opened() : read(name)), setItem, removeItem: remove },
});
show();
window.addEventListener("online", () => soon(0));
window.addEventListener("beforeunload", (event) => waiting().length && event.preventDefault());
document.addEventListener("DOMContentLoaded", () => {
  const state = document.createElement("span");
  state.id = "team-state";
  state.setAttribute("role", "status");
  const beside = document.getElementById("kept");
  if (beside) beside.after(" · ", state);
  else document.body.prepend(state);
  show();
});
})();
