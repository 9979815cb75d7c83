// Tables that sort, save as CSV, and sum up the rows that they do not list.

const phone = matchMedia("(max-width: 640px)");
const sorting = {};
const opened = new Set();
function columnsOf(id) {
  return TABLES[id].columns().filter((column) => !column.hidden);
}

function valueOf(column, row) {
  return column.value ? column.value(row) : row[column.name];
}

// The rows of a table in the chosen order; rows without a value come last.
function sortedRows(id) {
  const [name, direction] = sorting[id] ?? TABLES[id].order;
  const column = columnsOf(id).find((each) => each.name === name) ?? columnsOf(id)[0];
  const rows = TABLES[id].rows().map((row) => ({ row, value: valueOf(column, row) ?? null }));
  const order = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    const sign = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
    return direction * sign;
  };
  return rows.sort((a, b) => order(a.value, b.value)).map(({ row }) => row);
}

function cell(column, row, first) {
  const value = valueOf(column, row);
  const text = shown(column.kind, value);
  const numeric = !["text", "day", "moment"].includes(column.kind);
  const tone = column.better && value ? (Math.sign(value) === column.better ? " good" : " bad") : "";
  const made = element(first ? "th" : "td", {
    class: (numeric ? "number" : "") + tone,
    role: first ? "rowheader" : "cell",
    scope: first ? "row" : null,
    "data-title": column.title,
  }, element("bdi", {}, text));
  if (column.target && value !== null && value !== undefined) {
    const goal = embedded.target[column.target];
    made.prepend(element("meter", { "aria-hidden": "true", min: 0, max: 1, low: goal, high: goal, optimum: 1, value }));
  }
  return made;
}

function restRow(id, columns, rows) {
  const sums = added(rows);
  return element("tr", { role: "row", class: "rest" }, ...columns.map((column, place) => {
    if (!place) {
      const name = `${counting.format(rows.length)} ${TABLES[id].rest}`;
      return element("th", { role: "rowheader", scope: "row" }, name);
    }
    return column.kind === "text" ? element("td", { role: "cell", class: "empty" }) : cell(column, sums, false);
  }));
}

// Each row takes up a large part of a phone's screen.
function listed(id) {
  const most = phone.matches ? 5 : (TABLES[id].listed ?? 15);
  return TABLES[id].rows().length === most + 1 ? most + 1 : most; // do not sum up a single row
}

function drawTable(id) {
  const place = document.getElementById(`${id}-table`);
  if (!place) return;
  const table = TABLES[id];
  const columns = columnsOf(id);
  const rows = sortedRows(id);
  const [sorted, direction] = sorting[id] ?? table.order;
  const most = opened.has(id) ? rows.length : listed(id);
  const heads = columns.map((column) => {
    const button = element("button", { type: "button", "data-sort": column.name }, column.title);
    return element("th", {
      role: "columnheader",
      scope: "col",
      class: ["text", "day", "moment"].includes(column.kind) ? "" : "number",
      "aria-sort": column.name === sorted ? (direction > 0 ? "ascending" : "descending") : null,
    }, button);
  });
  const body = rows.slice(0, most).map((row) =>
    element("tr", { role: "row" }, ...columns.map((column, number) => cell(column, row, !number))));
  const rest = rows.slice(most);
  if (rest.length && table.rest) body.push(restRow(id, columns, rest));
  place.replaceChildren(
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)),
    element("tbody", { role: "rowgroup" }, ...body),
  );
  const more = document.querySelector(`[data-more="${id}"]`);
  more.hidden = rows.length <= listed(id);
  more.textContent = opened.has(id) ? "Show fewer" : `Show all ${counting.format(rows.length)}`;
  more.setAttribute("aria-expanded", opened.has(id));
}

function sortTable(id, name) {
  const [now, direction] = sorting[id] ?? TABLES[id].order;
  const column = columnsOf(id).find((each) => each.name === name);
  const first = column.kind === "text" ? 1 : -1;
  sorting[id] = [name, now === name ? -direction : first];
  drawTable(id);
  document.querySelector(`#${id}-table [data-sort="${name}"]`).focus();
}

// A spreadsheet evaluates text that begins like a formula; a phone number with a plus sign is safe.
function csvField(value) {
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text) && !/^\+\d+$/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvOf(id) {
  const columns = columnsOf(id);
  const head = columns.map((column) => column.title + (UNITS[column.kind] ?? ""));
  const rows = sortedRows(id).map((row) => columns.map((column) => saved(column.kind, valueOf(column, row))));
  return [head, ...rows].map((row) => row.map(csvField).join(",")).join("\r\n") + "\r\n";
}

function saveTable(id) {
  // The byte order mark makes spreadsheets read the file as UTF-8.
  const file = new Blob(["\ufeff", csvOf(id)], { type: "text/csv" });
  const link = element("a", { href: URL.createObjectURL(file), download: `${id.replace("_", "-")}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
