// What each table shows.

const queueRate = (row) => ratio(row.answered_within, row.offered);
const compare = (part) => (isCompared(part) ? {} : { hidden: true });

// For each table: its rows, the initial order, and its columns. A column reads its value from a row of counts
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
        : [{ name: "rate", title: "Answer rate", kind: "percent", value: (r) => ratio(r.answered, r.offered) }]),
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
