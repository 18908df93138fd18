// In which specifications products differ.
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

const valueOf = (product, name) =>
  [...new Set(product.attributes.filter((row) => row[1] === name).map((row) => row[2]))].join(", ");
