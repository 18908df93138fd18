const bar = document.getElementById("filter");
if (bar) {
  const cards = [...document.querySelectorAll("#misses .miss")];
  const buttons = [...bar.querySelectorAll("button")];
  const clean = document.getElementById("clean");
  const show = () => {
    const lost = buttons.find((one) => one.getAttribute("aria-pressed") === "true").dataset.lost;
    for (const card of cards) {
      card.hidden = (lost !== "" && card.dataset.lost !== lost) || (clean.checked && !card.dataset.clean);
    }
    document.getElementById("shown").textContent = `${cards.filter((one) => !one.hidden).length} shown`;
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      show();
    });
  }
  clean.addEventListener("change", show);
  bar.hidden = cards.length === 0;
  show();
}
