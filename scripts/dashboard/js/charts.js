// The rows of each chart; its Vega-Lite specification defines how they are drawn.

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MOST_BARS = 15;
const DAY = 86_400_000;
const scheme = matchMedia("(prefers-color-scheme: dark)");
const views = {};

const CHARTS = {
  received: () => byDay("calls", "outcome", RECEIVED, (row) => row.outcome),
  placed: () => byDay("calls", "outcome", PLACED, (row) => (ANSWERED(row) ? "reached" : "not reached")),
  missed: () => byDay("missed", "outcome", () => true, (row) => row.fate),
  arrivals: () => hourly().map((row) => ({ ...row, total: row.calls })),
  unanswered: () => hourly().map((row) => ({ ...row, per_hour: row.missed_per_hour, total: row.unanswered })),
  queue_hours: () => grouped(rowsOf("queue_hours"), ["hour"]).filter((row) => row.offered).map(queueHour),
  queues: () => capped("queues", "offered").map(queueBar),
  extensions: () => capped("extensions", "inbound", false).map((row) =>
    splitBar(row, row.inbound_answered, row.inbound, extensionName(row))),
  ring_groups: () => capped("ring_groups", "calls").map((row) => splitBar(row, row.answered, row.calls, isolated(row.label))),
};

// Days of the previous period are moved to the day of this period that they are compared with.
function byDay(part, column, where, outcome) {
  const rows = rowsOf(part).filter(where);
  const { now, before } = byPeriod(rows);
  const marked = (row, period) => ({ date: row.day, calls: row.calls, [column]: period === "this" ? outcome(row) : "all", period });
  const both = now.map((row) => marked(row, "this"));
  if (isCompared(part)) both.push(...before.map((row) => marked(row, "before")));
  const shift = { this: 0, before: embedded.days * DAY };
  return grouped(both, ["date", column, "period"]).map((row) => ({
    ...row,
    day: Date.parse(row.date) + shift[row.period],
    date: shown("day", row.date),
  }));
}

// One row for each weekday and hour. PBXs may cover different days, so each one's rate is calculated first.
function hourly() {
  const rates = rowsOf("arrivals").map((row) => ({
    ...row,
    per_hour: row.calls / row.hours,
    missed_per_hour: row.unanswered / row.hours,
  }));
  return grouped(rates, ["weekday", "hour"]).map((row) => ({
    ...row,
    weekday: WEEKDAYS[row.weekday - 1],
    from: `${shown("hour", row.hour)} to ${shown("hour", row.hour + 1)}`,
  }));
}

// One row for each day of this period, with received and placed calls.
function calendar() {
  const { now } = byPeriod(rowsOf("calls"));
  const count = (rows, ...conditions) => total(rows, "calls", (row) => conditions.every((holds) => holds(row)));
  return [...groupByDay(now)].map(([day, rows]) => ({
    day,
    received: count(rows, RECEIVED),
    answered: count(rows, RECEIVED, ANSWERED),
    missed: count(rows, RECEIVED, (row) => row.outcome === "missed"),
    abandoned: count(rows, RECEIVED, (row) => row.outcome === "abandoned"),
    placed: count(rows, PLACED),
    reached: count(rows, PLACED, ANSWERED),
  }));
}

function groupByDay(rows) {
  const days = new Map();
  for (const row of rows) days.has(row.day) ? days.get(row.day).push(row) : days.set(row.day, [row]);
  return days;
}

// The rows of a table with the most calls, plus a row that sums up the rest unless its bar would dwarf the
// others.
function capped(part, calls, withRest = true) {
  const rows = TABLES[part].rows().filter((row) => row[calls]).sort((a, b) => b[calls] - a[calls]);
  const most = rows.length === MOST_BARS + 1 ? rows.length : MOST_BARS;
  const named = rows.slice(0, most).map((row, place) => ({ ...row, place }));
  const rest = rows.slice(most);
  if (rest.length && withRest) {
    const label = `${counting.format(rest.length)} ${TABLES[part].rest}`;
    named.push({ ...added(rest), label, place: most });
  }
  return named;
}

function withPbx(row, label) {
  return row.pbx && embedded.pbxes.length > 1 && !selected.pbx ? `${label} · ${isolated(row.pbx)}` : label;
}

function splitBar(row, answered, calls, label) {
  return {
    label: withPbx(row, label),
    place: row.place,
    answered,
    "not answered": calls - answered,
    rate: ratio(answered, calls),
  };
}

function queueBar(row) {
  const level = queueRate(row);
  return {
    label: withPbx(row, isolated(row.label)),
    place: row.place,
    level,
    level_before: isCompared("queues") ? ratio(row.answered_within_before, row.offered_before) : null,
    offered: row.offered,
    target: againstTarget(level),
  };
}

function queueHour(row) {
  const level = queueRate(row);
  const from = `${shown("hour", row.hour)} to ${shown("hour", row.hour + 1)}`;
  return { ...row, level, from, target: againstTarget(level) };
}

function againstTarget(level) {
  return level >= embedded.target.service_level ? "target met" : "below target";
}

async function drawCharts() {
  const name = scheme.matches ? "dark" : "light";
  for (const [id, spec] of Object.entries(embedded.charts)) {
    const ramp = id === "unanswered" ? "bad" : "good";
    views[id]?.finalize();
    views[id] = await vegaEmbed(`#${id}`, spec, {
      config: embedded.looks[name][ramp],
      actions: false,
      renderer: "svg",
      ast: true,
      tooltip: { theme: name },
      patch: (compiled) => {
        const rows = CHARTS[id]();
        compiled.data.find((data) => data.name === "rows").values = rows;
        if (spec.usermeta.pixels_per_row) compiled.height = heightOf(id, rows);
        return compiled;
      },
    });
  }
  document.documentElement.dataset.drawn = name;
}

// A chart with one bar per row is as tall as its rows require.
function heightOf(id, rows) {
  return embedded.charts[id].usermeta.pixels_per_row * rows.length;
}

async function fillCharts() {
  for (const [id, { view }] of Object.entries(views)) {
    const rows = CHARTS[id]();
    document.getElementById(id).hidden = !rows.length;
    if (!rows.length) continue; // without rows there are no axes either
    if (embedded.charts[id].usermeta.pixels_per_row) view.height(heightOf(id, rows));
    await view.data("rows", rows).runAsync();
  }
}
