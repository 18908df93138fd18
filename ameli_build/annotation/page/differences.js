// In which specifications products differ, and which of them a review speaks of.
const plain = (value) => value.trim().toLowerCase();

// Maps a specification's name to its number of distinct values and how many of `products` have it.
function valuesOf(products) {
  const values = new Map();
  for (const product of products) {
    const own = new Map();
    // a shop repeats its key specifications in the group that they belong to
    for (const [, name, value] of product.attributes) own.set(name, (own.get(name) ?? new Set()).add(plain(value)));
    for (const [name, all] of own) {
      const value = [...all].sort().join("\n");
      const counts = values.get(name) ?? new Map();
      counts.set(value, (counts.get(value) ?? 0) + 1);
      values.set(name, counts);
    }
  }
  return values;
}

// Names of specifications that have several values, or that only some of the products have.
function differing(products) {
  const names = new Set();
  for (const [name, counts] of valuesOf(products)) {
    const covered = [...counts.values()].reduce((a, b) => a + b, 0);
    if (counts.size > 1 || covered < products.length) names.add(name);
  }
  return names;
}

// The products of the same category; all products if there is no other of that category.
function alike(product, products) {
  const category = (each) => each.categories.join("\n");
  const same = products.filter((each) => category(each) === category(product));
  return same.some((each) => each !== product) ? same : products;
}

// Stands in the title already, or says nothing of what a photograph or a sentence could show.
const UNTELLING = /^(product name|brand|model number|sku|upc)$|warranty/i;

// The few names that part the products best: in most of them, with several values, yet not a number of its own for
// each (model numbers, bar codes); the most even partition first.
function telling(products, most) {
  const ranked = [];
  for (const [name, counts] of valuesOf(products)) {
    const covered = [...counts.values()].reduce((a, b) => a + b, 0);
    if (counts.size < 2 || covered * 2 < products.length || counts.size > Math.max(2, covered * 0.6)) continue;
    if (UNTELLING.test(name)) continue;
    let spread = 0;
    for (const count of counts.values()) spread -= (count / covered) * Math.log(count / covered);
    ranked.push({ name, rank: (spread * covered) / products.length });
  }
  ranked.sort((a, b) => b.rank - a.rank || (a.name < b.name ? -1 : 1));
  return ranked.slice(0, most).map((each) => each.name);
}

// Words of names that tell nothing: "Number of USB Ports", "Battery Life (up to)".
const EMPTY_WORDS = /^(number|name|type|product|model|total|with|without|maximum|minimum|included|yes|no|and|other|none)$/;

// How clearly a text states a value: a number with its unit or model counts, a bare number does not.
function stated(value, text, said) {
  const words = wordsOf(value);
  if (words.some(isNumber)) return words.length > 1 && placesOf(words, text).length ? 2 : 0;
  const full = words.filter(({ word }) => word.length > 2 && !EMPTY_WORDS.test(word));
  return full.length && full.every(({ word }) => said.has(word)) ? 2 : 0;
}

// The share of a name's words that a text has.
function named(name, said) {
  const full = wordsOf(name).filter(({ word }) => word.length > 2 && !EMPTY_WORDS.test(word));
  return full.length ? full.filter(({ word }) => said.has(word)).length / full.length : 0;
}

// Names of differing specifications that a text speaks of, the most clearly stated first.
function spokenOf(text, products, most) {
  const said = new Set(wordsOf(text).map(({ word }) => word));
  const ranked = [];
  for (const name of differing(products)) {
    if (UNTELLING.test(name)) continue;
    const values = products.flatMap((product) => product.attributes.filter((row) => row[1] === name).map((row) => row[2]));
    const rank = Math.max(...values.map((value) => stated(value, text, said))) + named(name, said);
    if (rank >= 0.5) ranked.push({ name, rank });
  }
  ranked.sort((a, b) => b.rank - a.rank);
  return ranked.slice(0, most).map((each) => each.name);
}

const valueOf = (product, name) =>
  [...new Set(product.attributes.filter((row) => row[1] === name).map((row) => row[2]))].join(", ");
