// Tables that sort, save as CSV, and sum up the rows that they do not list.

const phone = matchMedia("(max-width: 640px)");
const sorting = {};
const opened = new Set();
const queueRate = (row) => ratio(row.answered_within, row.offered);
const compare = (part) => (isCompared(part) ? {} : { hidden: true });

// For each table: its rows, the order at first, and its columns. A column reads its value from a row of counts
// and totals, so it also works on the row that sums up the rest.
const TABLES = {
  days: {
    rows: () => calendar(),
    order: ["day", -1],
    rest: "other days",
    columns: () => [
      { name: "day", title: "Day", kind: "day" },
      { name: "received", title: "Received", kind: "count" },
      { name: "answered", title: "Answered", kind: "percent", value: (r) => ratio(r.answered, r.received), target: "answered" },
      { name: "missed", title: "Missed", kind: "count" },
      { name: "abandoned", title: "Abandoned", kind: "count" },
      { name: "placed", title: "Placed", kind: "count" },
      { name: "reached", title: "Reached", kind: "percent", value: (r) => ratio(r.reached, r.placed) },
    ],
  },
  arrivals: {
    rows: () => hourly(),
    order: ["per_hour", -1],
    listed: 10,
    rest: null, // calls per hour of different hours do not add up
    columns: () => [
      { name: "weekday", title: "Weekday", kind: "text" },
      { name: "hour", title: "From", kind: "hour" },
      { name: "per_hour", title: "Received per hour", kind: "decimal" },
      { name: "missed_per_hour", title: "Not answered per hour", kind: "decimal" },
    ],
  },
  waiting: {
    rows: () => rowsOf("waiting"),
    order: ["missed", -1],
    listed: 10,
    rest: null,
    columns: () => [
      { name: "missed", title: "Missed", kind: "moment" },
      { name: "caller", title: "Caller", kind: "text" },
      { name: "department", title: "Department", kind: "text", value: (r) => r.department?.join(", ") },
      { name: "branch", title: "Site", kind: "text" },
      { name: "pbx", title: "PBX", kind: "text" },
    ],
  },
  queues: {
    rows: () => rowsOf("queues").filter((row) => row.offered || row.offered_before),
    order: ["offered", -1],
    rest: "other queues",
    columns: () => [
      { name: "label", title: "Queue", kind: "text" },
      { name: "pbx", title: "PBX", kind: "text" },
      { name: "offered", title: "Offered", kind: "count" },
      { name: "answered", title: "Answered", kind: "count" },
      { name: "abandoned", title: "Abandoned", kind: "count" },
      ...(PARTS.queues.some((row) => "answered_within" in row)
        ? [
            { name: "level", title: "Service level", kind: "percent", value: queueRate, target: "service_level" },
            { name: "change", title: "Change, points", kind: "points", better: 1, ...compare("queues"),
              value: (r) => difference(queueRate(r), ratio(r.answered_within_before, r.offered_before)) },
            { name: "wait", title: "Average wait", kind: "clock", value: (r) => ratio(r.wait_seconds, r.answered) },
            { name: "longest_wait_seconds", title: "Longest wait", kind: "clock" },
          ]
        : [{ name: "rate", title: "Answered rate", kind: "percent", value: (r) => ratio(r.answered, r.offered) }]),
    ],
  },
  repeat: {
    rows: () => rowsOf("repeat"),
    order: ["days", -1],
    listed: 10,
    rest: null,
    columns: () => [
      { name: "caller", title: "Caller", kind: "text" },
      { name: "pbx", title: "PBX", kind: "text" },
      { name: "days", title: "Days with calls", kind: "count" },
      { name: "calls", title: "Calls", kind: "count" },
      { name: "answered", title: "Answered", kind: "count" },
      { name: "missed", title: "Missed", kind: "count" },
      { name: "last_day", title: "Last call", kind: "day" },
    ],
  },
  agents: {
    rows: () => rowsOf("agents").filter((row) => row.logged_in_seconds || row.offered),
    order: ["logged_in_seconds", -1],
    rest: "other agents",
    columns: () => [
      { name: "agent", title: "Agent", kind: "text" },
      { name: "ring_group", title: "Ring group", kind: "text" },
      { name: "pbx", title: "PBX", kind: "text" },
      { name: "logged_in_seconds", title: "Logged in", kind: "hours" },
      { name: "offered", title: "Offered", kind: "count" },
      { name: "answered", title: "Answered", kind: "count" },
      { name: "talk_seconds", title: "Talk time", kind: "hours" },
      { name: "share", title: "Share on calls", kind: "percent", value: (r) => ratio(r.talk_seconds, r.logged_in_seconds) },
    ],
  },
  ring_groups: {
    rows: () => rowsOf("ring_groups").filter((row) => row.calls || row.calls_before),
    order: ["calls", -1],
    rest: "other ring groups",
    columns: () => [
      { name: "label", title: "Ring group", kind: "text" },
      { name: "pbx", title: "PBX", kind: "text" },
      { name: "calls", title: "Calls", kind: "count" },
      { name: "missed", title: "Missed", kind: "count" },
      { name: "voicemail", title: "Voicemail", kind: "count" },
      { name: "rate", title: "Answered", kind: "percent", value: (r) => ratio(r.answered, r.calls), target: "answered" },
      { name: "change", title: "Change, points", kind: "points", better: 1, ...compare("ring_groups"),
        value: (r) => difference(ratio(r.answered, r.calls), ratio(r.answered_before, r.calls_before)) },
    ],
  },
  extensions: {
    rows: () => rowsOf("extensions").filter((row) => row.inbound || row.outbound),
    order: ["inbound", -1],
    rest: "other extensions",
    columns: () => [
      { name: "extension", title: "Extension", kind: "text" },
      { name: "person", title: "Name", kind: "text" },
      { name: "department", title: "Department", kind: "text", value: (r) => r.department?.join(", ") },
      { name: "pbx", title: "PBX", kind: "text" },
      { name: "inbound", title: "Received", kind: "count" },
      { name: "rate", title: "Answered", kind: "percent", value: (r) => ratio(r.inbound_answered, r.inbound), target: "answered" },
      { name: "change", title: "Change, points", kind: "points", better: 1, ...compare("extensions"),
        value: (r) => difference(ratio(r.inbound_answered, r.inbound), ratio(r.inbound_answered_before, r.inbound_before)) },
      { name: "missed", title: "Missed", kind: "count" },
      { name: "outbound", title: "Placed", kind: "count" },
      { name: "talk_seconds", title: "Talk time", kind: "hours" },
      { name: "per_call", title: "Per call", kind: "clock", value: (r) => ratio(r.talk_seconds, r.answered) },
    ],
  },
};

function difference(now, before) {
  return now === null || before === null ? null : now - before;
}

function columnsOf(id) {
  return TABLES[id].columns().filter((column) => !column.hidden);
}

function valueOf(column, row) {
  return column.value ? column.value(row) : row[column.name];
}

// The rows of a table in the order that was chosen; what has no value comes last.
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
    made.prepend(element("meter", { "aria-hidden": "true", min: 0, max: 1, low: goal * 0.75, high: goal, optimum: 1, value }));
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

// A row fills a good part of a phone's screen.
function listed(id) {
  return phone.matches ? 5 : (TABLES[id].listed ?? 15);
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

// A spreadsheet runs what begins like a formula; a telephone number with its plus is none.
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
  // The mark at the start makes spreadsheets read the file as UTF-8.
  const file = new Blob(["\ufeff", csvOf(id)], { type: "text/csv" });
  const link = element("a", { href: URL.createObjectURL(file), download: `${id.replace("_", "-")}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
