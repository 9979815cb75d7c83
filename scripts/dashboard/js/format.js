// Numbers, times and changes as a person reads them.
"use strict";

const counting = new Intl.NumberFormat("en-US");
const decimal = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const calendarDay = new Intl.DateTimeFormat("en-US", {
  weekday: "short", month: "short", day: "numeric", timeZone: "UTC",
});
const NOTHING = "–";

const FORMATS = {
  text: (value) => value,
  count: (value) => counting.format(value),
  percent: (value) => `${decimal.format(100 * value)}%`,
  goal: (value) => `${+(100 * value).toFixed(1)}%`,
  points: (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${decimal.format(Math.abs(100 * value))}`,
  decimal: (value) => decimal.format(value),
  clock: (value) => {
    const seconds = Math.round(value);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  },
  hours: (value) => `${decimal.format(value / 3600)} h`,
  day: (value) => calendarDay.format(Date.parse(value)),
  moment: (value) => `${calendarDay.format(Date.parse(value.slice(0, 10)))}, ${value.slice(11, 16)}`,
  hour: (value) => `${String(value).padStart(2, "0")}:00`,
};

// Units for the column names of a saved file.
const UNITS = { percent: " (%)", points: " (points)", clock: " (seconds)", hours: " (hours)" };
const SAVED = {
  percent: (value) => +(100 * value).toFixed(2),
  points: (value) => +(100 * value).toFixed(2),
  clock: (value) => +value.toFixed(3),
  hours: (value) => +(value / 3600).toFixed(3),
  decimal: (value) => +value.toFixed(3),
};

function shown(kind, value) {
  return value === null || value === undefined || value === "" ? NOTHING : FORMATS[kind](value);
}

function saved(kind, value) {
  if (value === null || value === undefined) return "";
  return kind in SAVED ? SAVED[kind](value) : value;
}

function ratio(part, whole) {
  return whole ? part / whole : null;
}

// The change from one period to the next, in words; null if there is nothing to compare.
function change(kind, now, before) {
  if (now === null || before === null || before === undefined) return null;
  const was = shown(kind, before);
  if (shown(kind, now) === was) return { direction: 0, text: `same as before (${was})` };
  const direction = Math.sign(now - before);
  const word = direction > 0 ? "up" : "down";
  if (kind !== "count") return { direction, text: `${word} from ${was}` };
  const share = before ? Math.abs(100 * (now / before - 1)) : null;
  const much = share === null ? "" : share < 0.5 ? " less than 1%" : ` ${Math.round(share)}%`;
  return { direction, text: `${word}${much} from ${was}` };
}
