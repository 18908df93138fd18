// A photograph of the review beside a picture of a product, each enlarged and moved on its own.
const PAN = 80;
const SIDES = ["photo", "product"];
const looked = { photo: { all: [], place: 0, name: "" }, product: { all: [], place: 0, name: "" } };
let side = "photo";

// Opens picture `place` of a side; the product is `n`, or the marked one.
function zoom(wanted, place = 0, n = choosing ? cursor : 0) {
  looked.photo = { all: reviewAt(at).photos, place: 0, name: "Photograph" };
  lookAt(n);
  if (!SIDES.some((name) => looked[name].all.length)) return;
  side = looked[wanted].all.length ? wanted : "product";
  looked[side].place = place;
  if (!$("zoom").open) $("zoom").showModal();
  SIDES.forEach(showSide);
}

function lookAt(n) {
  const product = n < 0 ? null : shown()[n];
  looked.product = { all: product?.images ?? [], place: 0, name: product && choosing ? `${n + 1}. ${product.name}` : "Product" };
}

const partOf = (name, part) => $("zoom").querySelector(`#zoom-${name} .${part}`);

function showSide(name) {
  const { all, place, name: label } = looked[name];
  const pane = $(`zoom-${name}`);
  pane.hidden = !all.length;
  if (!all.length) return;
  activate(side);
  partOf(name, "caption").textContent = `${label}${all.length > 1 ? `, ${place + 1} of ${all.length}` : ""}`;
  const image = pane.querySelector("img");
  image.alt = label;
  image.onload = () => resize(name, "fit");
  image.src = pictureAt(all[place]);
  if (sheet.full) showFull(name, image, all[place]);
}

// Puts the picture in full size in the place of the small one: the view stays, its detail and "full size" grow.
function showFull(name, image, number) {
  const small = image.src;
  const full = new Image();
  full.onload = () => {
    if (image.src !== small) return; // another picture by now
    image.onload = () => showPercent(name, image);
    image.src = full.src;
  };
  full.src = `pictures/${number}.jpg`;
}

function showPercent(name, image) {
  partOf(name, "percent").textContent = `${Math.round((100 * image.clientWidth) / image.naturalWidth)} %`;
}

// Scales by a factor, to "fit" or to "full" resolution, about a point of the view.
function resize(name, factor, x = partOf(name, "view").clientWidth / 2, y = partOf(name, "view").clientHeight / 2) {
  const [view, image] = [partOf(name, "view"), partOf(name, "view").querySelector("img")];
  if (!image.naturalWidth) return;
  const fit = Math.min(view.clientWidth / image.naturalWidth, view.clientHeight / image.naturalHeight);
  const before = image.getBoundingClientRect();
  const from = view.getBoundingClientRect();
  const [across, down] = [(from.left + x - before.left) / before.width, (from.top + y - before.top) / before.height];
  const scale = factor === "fit" ? fit : factor === "full" ? 1 : (before.width / image.naturalWidth) * factor;
  const width = image.naturalWidth * Math.min(Math.max(scale, Math.min(fit, 1)), 8 * Math.max(fit, 1));
  image.style.width = `${width}px`;
  view.scrollLeft = across * width - x;
  view.scrollTop = ((down * width) / image.naturalWidth) * image.naturalHeight - y;
  showPercent(name, image);
}

function leaf(name, step) {
  const one = looked[name];
  if (!one.all.length) return;
  side = name;
  one.place = (one.place + step + one.all.length) % one.all.length;
  showSide(name);
}

// The side that keys act on.
function activate(name) {
  if (looked[name].all.length) side = name;
  for (const each of SIDES) $(`zoom-${each}`).classList.toggle("active", each === side);
}

// The next or previous product in sight, beside the same photograph.
function nextProduct(step) {
  const seen = choosing ? visible() : [];
  const next = seen[seen.indexOf(cursor) + step];
  if (next === undefined) return;
  moveTo(next);
  lookAt(next);
  showSide("product");
}

function pan(right, down) {
  partOf(side, "view").scrollBy(right * PAN, down * PAN);
}

const ZOOM_KEYS = {
  ArrowRight: () => leaf(side, 1),
  ArrowLeft: () => leaf(side, -1),
  ArrowDown: () => nextProduct(1),
  ArrowUp: () => nextProduct(-1),
  "+": () => resize(side, 1.5),
  "=": () => resize(side, 1.5),
  "-": () => resize(side, 1 / 1.5),
  0: () => resize(side, "fit"),
  1: () => resize(side, "full"),
  s: () => activate(side === "photo" ? "product" : "photo"),
  z: () => $("zoom").close(),
};
const PAN_KEYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function zoomKey(event) {
  const act = event.shiftKey && PAN_KEYS[event.key] ? () => pan(...PAN_KEYS[event.key]) : ZOOM_KEYS[event.key];
  if (!act) return;
  act();
  event.preventDefault();
}

function listenToZoom() {
  for (const name of SIDES) {
    const view = partOf(name, "view");
    view.addEventListener("wheel", (event) => {
      const box = view.getBoundingClientRect();
      resize(name, event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - box.left, event.clientY - box.top);
      event.preventDefault();
    }, { passive: false });
    view.addEventListener("pointerdown", (event) => {
      activate(name);
      if (event.pointerType === "mouse") view.setPointerCapture(event.pointerId);
    });
    view.addEventListener("pointermove", (event) => {
      if (view.hasPointerCapture(event.pointerId)) view.scrollBy(-event.movementX, -event.movementY);
    });
    for (const button of $(`zoom-${name}`).querySelectorAll("[data-scale]")) {
      const { scale } = button.dataset;
      button.addEventListener("click", () => resize(name, Number(scale) || scale));
    }
    for (const button of $(`zoom-${name}`).querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => leaf(name, Number(button.dataset.step)));
    }
  }
  window.addEventListener("resize", () => $("zoom").open && SIDES.forEach((name) => resize(name, "fit")));
}
