"use strict";

const at = (id) => document.getElementById(id);
let photo = null;

// Texts become text nodes, so that no text of a review or of a shop is read as HTML.
function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function take(file) {
  photo = file || null;
  URL.revokeObjectURL(at("preview").src);
  at("preview").hidden = at("remove").hidden = !photo;
  at("hint").textContent = photo ? photo.name : "Drop a photograph here, or choose one";
  if (photo) at("preview").src = URL.createObjectURL(photo);
  else at("photo").value = "";
}

function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("the photograph cannot be read"));
    reader.readAsDataURL(file);
  });
}

const number = (value) => value.toFixed(3);

function verdict(answer) {
  const { text, likeness, low, high } = answer.verdict;
  const kinds = { "in this catalogue": "good", "not in this catalogue": "warn", unsure: "warn" };
  const titles = {
    "in this catalogue": "The product is in this catalogue",
    "not in this catalogue": "The product is not in this catalogue",
    unsure: "Unsure whether the product is in this catalogue",
    "not calibrated": "The most similar products",
  };
  const limits = [];
  if (high !== null) limits.push(`in the catalogue from ${number(high)}`);
  if (low !== null) limits.push(`not in it below ${number(low)}`);
  const named = answer.mention.text;
  const read = answer.photographed.map(String);
  const where = (pair) => (read.includes(String(pair)) ? " (on the photograph)" : "");
  const stated = answer.attributes.map((pair) => pair.join(": ") + where(pair)).join(", ");
  return make("div", `verdict ${kinds[text] || ""}`,
    make("h2", "", titles[text] || text),
    make("p", "quiet", `Similarity ${number(likeness)}${limits.length ? ` (${limits.join(", ")})` : ""}`),
    make("p", "", `Name: ${named ? `${named} (${answer.mention.products} products)` : "none found"}`),
    make("p", "", `The review states: ${stated || "no attribute"}`));
}

function product(match, place, stated) {
  const image = make("img", "picture");
  image.alt = "";
  image.src = `picture/${encodeURIComponent(match.sku)}`;
  const facts = match.values.map(([name, value]) => {
    const agrees = match.agrees.includes(name);
    const words = agrees ? `✓ ${name}: ${value}` : `✗ ${name}: ${value}; the review says ${stated[name].join(", ")}`;
    return make("li", agrees ? "agrees" : "contradicts", words);
  });
  const scores = [`SKU ${match.sku}`, match.score === null ? "no score" : `score ${number(match.score)}`];
  scores.push(`similarity ${number(match.retrieval)}`);
  if (!match.prior) scores.push("not called that");
  return make("li", place ? "product" : "product first", image, make("div", "",
    make("h3", "", `${place + 1}. ${match.name}`), make("p", "quiet", scores.join(" · ")), make("ul", "", ...facts)));
}

function show(answer) {
  const stated = {};
  for (const [name, value] of answer.attributes) (stated[name] ||= []).push(value);
  const notes = make("details", "", make("summary", "", "How this was ranked"), make("p", "", answer.scored_by));
  notes.append(...answer.notes.map((note) => make("p", "", note)));
  const products = answer.matches.map((match, place) => product(match, place, stated));
  at("answer").replaceChildren(verdict(answer), make("ol", "", ...products), notes);
}

async function find(event) {
  event.preventDefault();
  at("go").disabled = true;
  at("answer").replaceChildren(make("p", "quiet", "Reading the review …"));
  try {
    const body = JSON.stringify({ text: at("text").value, photo: photo ? await encoded(photo) : null });
    const sent = await fetch("link", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const answer = await sent.json();
    if (!sent.ok) throw new Error(answer.error);
    show(answer);
  } catch (error) {
    at("answer").replaceChildren(make("p", "error", error.message));
  }
  at("go").disabled = false;
}

at("photo").addEventListener("change", () => take(at("photo").files[0]));
at("remove").addEventListener("click", () => take(null));
at("review").addEventListener("submit", find);
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault(); // a browser would open a file that is dropped beside the field
    at("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}
