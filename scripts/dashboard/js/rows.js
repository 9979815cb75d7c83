// The rows embedded in the page, filtered by PBX and department, and added up.

const embedded = JSON.parse(document.getElementById("data").textContent);
const selected = { pbx: "", department: "" };
const PARTS = Object.fromEntries(
  Object.entries(embedded.parts).map(([part, { columns, rows }]) => [
    part,
    rows.map((values) => Object.fromEntries(columns.map((name, place) => [name, values[place]]))),
  ]),
);
// What 8x8 reports without a department.
const WITHOUT_DEPARTMENT = new Set(["queues", "queue_hours", "ring_groups", "agents", "company", "repeat"]);

function has(part) {
  return part in PARTS;
}

function rowsOf(part) {
  return PARTS[part].filter(
    (row) =>
      (!selected.pbx || row.pbx === selected.pbx) &&
      (!selected.department || WITHOUT_DEPARTMENT.has(part) || row.department.includes(selected.department)),
  );
}

// Whether the data of the selected PBXs covers the previous period from its start.
function isCompared(part) {
  const pbxes = selected.pbx ? [selected.pbx] : embedded.pbxes;
  const present = new Set(PARTS[part].map((row) => row.pbx));
  return pbxes.every((pbx) => !present.has(pbx) || embedded.compared[part].includes(pbx));
}

// The rows of this period and of the previous one, for a part with one row per day.
function byPeriod(rows) {
  return {
    now: rows.filter((row) => row.day >= embedded.first),
    before: rows.filter((row) => row.day < embedded.first),
  };
}

function total(rows, column, where = () => true) {
  return rows.reduce((sum, row) => (where(row) ? sum + (row[column] ?? 0) : sum), 0);
}

// One row with the sums of all numbers in some rows, and the maximum of their longest times.
function added(rows) {
  const sums = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value !== "number") continue;
      const soFar = sums[name] ?? 0;
      sums[name] = name.startsWith("longest") ? Math.max(soFar, value) : soFar + value;
    }
  }
  return sums;
}

// Rows grouped by the columns in `keys`, each group added up.
function grouped(rows, keys) {
  const groups = new Map();
  for (const row of rows) {
    const name = JSON.stringify(keys.map((key) => row[key]));
    groups.has(name) ? groups.get(name).push(row) : groups.set(name, [row]);
  }
  return [...groups.values()].map((group) => ({
    ...added(group),
    ...Object.fromEntries(keys.map((key) => [key, group[0][key]])),
  }));
}

// A name in a chart, where HTML's own isolation does not apply: keeps right-to-left text in place.
function isolated(text) {
  return `\u2068${text}\u2069`;
}

function extensionName(row) {
  return row.person ? `${row.extension} · ${isolated(row.person)}` : row.extension;
}
