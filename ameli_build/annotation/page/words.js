// Words, and numbers with units, so that "1tb" finds "1000 gigabytes" and 14" finds "14 inches".
const UNITS = new Map([
  ['"', "in"], ["”", "in"], ["″", "in"], ["inch", "in"], ["inche", "in"], ["foot", "ft"], ["feet", "ft"],
  ["hertz", "hz"], ["gig", "gb"], ["gigabyte", "gb"], ["terabyte", "tb"], ["megabyte", "mb"], ["pound", "lb"],
  ["ounce", "oz"], ["watt", "w"], ["volt", "v"], ["millisecond", "ms"], ["hour", "hr"], ["minute", "min"],
  ["quart", "qt"], ["gallon", "gal"], ["liter", "l"], ["cu", "cubic"], ["colour", "color"], ["gray", "grey"],
]);
const SHORT_UNITS = new Set([...UNITS.values(), "lbs", "tb"]);
const isNumber = (word) => /^\d/.test(word.raw);

// The words of a text: as written (`raw`), in a common form (`word`), and their place.
function wordsOf(text) {
  const found = [];
  for (const match of text.matchAll(/\d+(?:[.,]\d+)*|[\p{L}\p{M}]+|["”″]/gu)) {
    const raw = match[0].toLowerCase();
    const [start, end] = [match.index, match.index + match[0].length];
    const before = found.at(-1);
    if (/^["”″]/.test(raw) && !(before && isNumber(before) && before.end === start)) continue;
    const stem = raw.length > 2 ? raw.replace(/s$/, "") : raw;
    const number = Number(raw.replace(/,(?=\d{3}\b)/g, ""));
    let word = Number.isNaN(number) ? (UNITS.get(stem) ?? stem) : String(number);
    if (word === "tb" && before && isNumber(before)) {
      before.word = String(Number(before.word) * 1000);
      word = "gb";
    }
    found.push({ raw, word, start, end });
  }
  return found;
}

// What a person looks for: a list of terms. A number and its unit are a single term.
function termsOf(query) {
  const terms = [];
  for (const word of wordsOf(query)) {
    const before = terms.at(-1)?.at(-1);
    const joined = before && (before.end === word.start || (isNumber(before) && SHORT_UNITS.has(word.word)));
    if (joined) terms.at(-1).push(word);
    else terms.push([word]);
  }
  return terms;
}

// The last word of a term may be the start of a longer word, as a person is still typing.
function fits(asked, word, last) {
  if (asked.word === word.word) return true;
  if (!last) return false;
  return isNumber(asked) ? asked.raw === word.raw : word.raw.startsWith(asked.raw);
}

// Places of a term in a text.
function placesOf(term, text) {
  const words = wordsOf(text);
  const at = (start) => term.every((asked, n) => words[start + n] && fits(asked, words[start + n], n === term.length - 1));
  return [...words.keys()].filter(at).map((start) => [words[start].start, words[start + term.length - 1].end]);
}

const textsOf = (product) => [product.name, product.description, ...product.attributes.flatMap(([, name, value]) => [name, value])];

// Whether each term stands somewhere in the product's texts.
function has(product, terms) {
  const texts = textsOf(product);
  return terms.every((term) => texts.some((text) => placesOf(term, text).length));
}

// The text as nodes, with the terms marked.
function marked(text, terms) {
  const places = terms.flatMap((term) => placesOf(term, text)).sort((a, b) => a[0] - b[0]);
  const parts = [];
  let from = 0;
  for (const [start, end] of places) {
    if (start < from) continue;
    parts.push(text.slice(from, start), node("mark", {}, text.slice(start, end)));
    from = end;
  }
  return [...parts, text.slice(from)];
}
