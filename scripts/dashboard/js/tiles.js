// The key figures at the top, each compared with the previous period and with its target, if it has one.

const ANSWERED = (row) => row.outcome === "answered";
const RECEIVED = (row) => row.direction === "inbound";
const PLACED = (row) => row.direction === "outbound";
// Calls without caller ID cannot be returned, and pending calls can still be: neither counts for callbacks.
const RETURNABLE = (row) => row.fate !== "no caller ID" && row.fate !== "pending";

// `better` is the direction of change that is good news; 0 if neither is.
function figures() {
  const { target } = embedded;
  const found = [];
  const add = (part, label, kind, better, value, rows, rest = {}) => {
    const before = isCompared(part) ? value(rows.before) : null;
    found.push({ part, label, kind, better, now: value(rows.now), before, ...rest });
  };
  if (has("calls")) {
    const rows = byPeriod(rowsOf("calls"));
    const internal = total(rows.now, "internal", RECEIVED);
    add("calls", "calls received", "count", 0, (r) => total(r, "calls", RECEIVED), rows, {
      note: `${shown("count", internal)} of them from other extensions`,
    });
    add("calls", "of received calls answered", "percent", 1,
      (r) => ratio(total(r, "calls", (row) => RECEIVED(row) && ANSWERED(row)), total(r, "calls", RECEIVED)),
      rows, { target: target.answered, note: whileOpen(rows.now) });
  } else if (has("company")) {
    reportedFigures(add, "company", "", target);
  } else if (has("extensions")) {
    reportedFigures(add, "extensions", " by extensions", target);
  }
  if (has("missed")) {
    const rows = byPeriod(rowsOf("missed"));
    const inTime = (row) => row.fate === "called back in time";
    add("missed", `of missed calls from outside called back within ${target.hours} hours`, "percent", 1,
      (r) => ratio(total(r, "calls", inTime), total(r, "calls", RETURNABLE)), rows, { target: target.returned });
    add("missed", "missed calls not returned", "count", -1,
      (r) => total(r, "calls", (row) => row.fate === "not returned"), rows);
  }
  if (has("queues")) queueFigures(add, target);
  if (has("calls")) {
    const rows = byPeriod(rowsOf("calls"));
    add("calls", "calls placed", "count", 0, (r) => total(r, "calls", PLACED), rows, {
      note: `${shown("percent", ratio(total(rows.now, "calls", (row) => PLACED(row) && ANSWERED(row)),
        total(rows.now, "calls", PLACED)))} were answered`,
    });
    add("calls", "average talk time per answered call", "clock", 0,
      (r) => ratio(total(r, "talk_seconds"), total(r, "calls", ANSWERED)), rows);
  }
  return found;
}

// Parts with one row for each extension or queue have the earlier period in separate columns.
function columnsByPeriod(part) {
  const sums = added(rowsOf(part));
  const earlier = Object.entries(sums).filter(([name]) => name.endsWith("_before"));
  return { now: sums, before: Object.fromEntries(earlier.map(([name, sum]) => [name.replace("_before", ""), sum])) };
}

// Summaries of the company or of its extensions, if individual calls were not loaded.
function reportedFigures(add, part, by, target) {
  const rows = columnsByPeriod(part);
  const note = part === "company" && selected.department ? "all departments" : undefined;
  add(part, `calls received${by}`, "count", 0, (r) => r.inbound ?? 0, rows, { note });
  add(part, "of received calls answered", "percent", 1, (r) => ratio(r.inbound_answered, r.inbound), rows, {
    target: target.answered,
    note,
  });
  add(part, `calls placed${by}`, "count", 0, (r) => r.outbound ?? 0, rows, { note });
  add(part, "average talk time per answered call", "clock", 0, (r) => ratio(r.talk_seconds, r.answered), rows, { note });
}

// Calls outside opening hours are not a failure; without known opening hours there is no note.
function whileOpen(rows) {
  const open = total(rows, "in_opening_hours", RECEIVED);
  const answered = total(rows, "in_opening_hours", (row) => RECEIVED(row) && ANSWERED(row));
  return open ? `${shown("percent", answered / open)} during opening hours` : undefined;
}

function queueFigures(add, target) {
  const rows = columnsByPeriod("queues");
  const note = selected.department ? "queues of all departments" : undefined;
  if ("answered_within" in rows.now) {
    add("queues", `of queue calls answered within ${target.seconds} seconds`, "percent", 1,
      (r) => ratio(r.answered_within, r.offered), rows, { target: target.service_level, note });
    add("queues", "average wait before a queue call is answered", "clock", -1,
      (r) => ratio(r.wait_seconds, r.answered), rows, { note });
  } else {
    add("queues", "of queue calls answered", "percent", 1, (r) => ratio(r.answered, r.offered), rows, { note });
  }
}

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function tile({ label, kind, now, before, better, target, note }) {
  const made = element("li", { class: "tile" }, element("b", {}, shown(kind, now)), element("span", {}, label));
  if (target !== undefined && now !== null) {
    const met = now >= target;
    const mark = element("span", { "aria-hidden": "true" }, met ? "✓ " : "✗ ");
    const text = `${met ? "meets" : "below"} the target of ${shown("goal", target)}`;
    made.append(element("span", { class: met ? "status good" : "status bad" }, mark, text));
  }
  const against = change(kind, now, before);
  if (against) {
    const news = against.direction * better;
    const arrow = ["▼ ", "", "▲ "][against.direction + 1];
    const look = news > 0 ? "change good" : news < 0 ? "change bad" : "change";
    made.append(element("span", { class: look }, element("span", { "aria-hidden": "true" }, arrow), against.text));
  }
  if (note) made.append(element("span", { class: "change" }, note));
  return made;
}

function drawTiles() {
  document.getElementById("tiles")?.replaceChildren(...figures().map(tile));
}
