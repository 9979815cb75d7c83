// Filters, buttons, and the first drawing. The filters are kept in the URL, so that a view can be bookmarked.

const filters = document.getElementById("filters");

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(selected)) {
    const field = filters.elements[name];
    field.value = given.get(name) ?? "";
    if (field.selectedIndex < 0) field.value = "";
    selected[name] = field.value;
  }
}

function writeAddress() {
  const chosen = Object.entries(selected).filter(([, value]) => value);
  history.replaceState(null, "", `#${new URLSearchParams(chosen)}`);
}

function drawTables() {
  Object.keys(TABLES).filter((id) => has(id === "days" ? "calls" : id)).forEach(drawTable);
}

function drawAll() {
  drawTiles();
  drawTables();
  for (const note of document.querySelectorAll("[data-note=department]")) note.hidden = !selected.department;
  for (const note of document.querySelectorAll("[data-compared]")) note.hidden = !isCompared(note.dataset.compared);
  document.getElementById("reset").hidden = !Object.values(selected).some(Boolean);
  for (const part of document.querySelectorAll("section[data-part]")) {
    const empty = !rowsOf(part.dataset.part).length;
    part.classList.toggle("empty", empty);
  }
}

function announce() {
  const where = [selected.pbx || "all PBXs", selected.department || "all departments"].join(", ");
  const [first] = figures();
  const figure = first ? `${shown(first.kind, first.now)} ${first.label}` : "";
  document.getElementById("status").textContent = `Showing ${where}: ${figure}`;
}

if (filters) {
  readAddress();
  drawAll();
  drawCharts();
  scheme.addEventListener("change", drawCharts);
  phone.addEventListener("change", drawTables);
  const refilter = async () => {
    drawAll();
    announce();
    await fillCharts();
  };
  filters.addEventListener("change", (event) => {
    selected[event.target.name] = event.target.value;
    writeAddress();
    refilter();
  });
  filters.addEventListener("reset", () => {
    for (const name of Object.keys(selected)) selected[name] = "";
    writeAddress();
    refilter();
    filters.elements.pbx.focus();
  });
  filters.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => {
    readAddress();
    refilter();
  });
  document.addEventListener("click", ({ target }) => {
    const { sort, more, save } = target.dataset;
    if (sort) sortTable(target.closest("table").dataset.table, sort);
    if (save) saveTable(save);
    if (more) {
      opened.has(more) ? opened.delete(more) : opened.add(more);
      drawTable(more);
    }
  });
} else {
  document.documentElement.dataset.drawn = "nothing";
}
