// The panel at the end: what is answered, and what to do with it.
let savedAs = null;

function showDone(done, count) {
  if (unsaved) savedAs = null;
  const finished = count > 0 && done === count;
  $("done").hidden = !finished && savedAs === null;
  $("done-save").hidden = served || savedAs !== null;
  const unsure = sheet.ids.filter((id) => answerOf(id).choice === CANNOT_TELL).length;
  const tally = finished ? `All ${count} reviews are answered` : `${count - done} of ${count} reviews are not answered yet`;
  let next = "Save your answers, then send the file to the person who gave you this sheet.";
  if (savedAs !== null) next = `Saved as ${savedAs}. Send this file to the person who gave you this sheet.`;
  if (served) next = "The server has your answers: there is nothing to send.";
  if (served && unsent()) next = `Keep this page open, the server does not have all answers yet: ${unsent()}.`;
  $("done-text").textContent = `${tally}${unsure ? ` (${unsure} with "cannot tell")` : ""}. ${next}`;
}

function saveAndSay() {
  savedAs = save();
  unsaved = false;
  showBars();
  $("kept").textContent = `${savedAs} saved`;
}
