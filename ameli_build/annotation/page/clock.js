// Seconds that a review was in sight: a hidden page and an open guide do not count.
const spent = new Map();
let since = null;

function clockOn() {
  since = document.hidden || $("guide").open ? null : performance.now();
}

function clockOff() {
  if (since !== null) spent.set(sheet.ids[at], secondsOn(sheet.ids[at]));
  since = null;
}

function secondsOn(id) {
  const now = since !== null && id === sheet.ids[at] ? (performance.now() - since) / 1000 : 0;
  return Math.round(((spent.get(id) ?? answerOf(id).seconds ?? 0) + now) * 10) / 10;
}
