// Everything but the funnels: tiles, response, who waits, channels, reps, restatements, health.
import { h, svg, table } from "./dom.js";

const TILES = ["revenue", "plan_attainment", "won_deals", "win_rate_closed", "initial_enquiries", "response_within_1h_share", "leads_waiting", "pipeline_value_open"];
const ROLLING = new Set(["1h", "24h", "7d", "30d", "90d"]);
const HOUR_SECONDS = 3600;
const SHORT = 8;

export function tiles(pulse, words) {
  return TILES.map((id) => tile(id, pulse, words));
}

function tile(id, pulse, words) {
  const kpi = pulse.kpis[id], { names, descriptions, unit, direction } = words.about.kpis[id];
  const few = kpi.n !== null && kpi.n < kpi.min_sample && kpi.value !== null && unit === "ratio";
  const text = words.value(kpi.value, unit), kind = `value${few ? " few" : ""}${text.length > SHORT ? " long" : ""}`;
  const value = h("span", { class: kind, "data-key": id, "data-kpi": id, "data-value": kpi.value }, text);
  const note = few ? words.say("few", { n: kpi.n }) : null;
  const before = pulse.before?.kpis[id], now = kpi.period === "now" ? words.say("now") : "";
  return h("div", { class: "tile", title: words.name(descriptions) },
    h("dt", {}, words.name(names)),
    h("dd", {}, value, h("span", { class: "note" }, note ?? (before ? compared(kpi, before, unit, direction, pulse, words) : now))));
}

function compared(kpi, before, unit, direction, pulse, words) {
  const stands = kpi.period === "now";
  const label = stands ? words.say("at_start") : words.texts[`before_${pulse.window}`] ?? words.say("before");
  const told = `${label} ${words.value(before.value, unit)}`;
  const both = kpi.value !== null && before.value !== null;
  if (!(stands || ROLLING.has(pulse.window)) || !both || kpi.value === before.value) return told;
  const up = kpi.value > before.value;
  const good = direction === "context" ? "" : up === (direction === "up") ? "good" : "bad";
  const arrow = h("span", { class: `arrow ${good}`, role: "img", "aria-label": words.say(up ? "up" : "down") }, up ? "▲" : "▼");
  return h("span", {}, arrow, ` ${told}`);
}

// Short facts: [text key, shown, value, class].
function figures(words, ...facts) {
  return facts.map(([key, text, value, kind]) =>
    h("div", { class: "figure" }, h("dt", {}, words.say(key)), h("dd", { class: kind ?? null, "data-key": key, "data-value": value }, text)));
}

function kpiFact(key, id, pulse, words) {
  const { value } = pulse.kpis[id];
  return [key, words.value(value, words.about.kpis[id].unit), value];
}

export function responseFigures(pulse, words) {
  return figures(words,
    kpiFact("within_1h", "response_within_1h_share", pulse, words),
    kpiFact("within_1wh", "response_within_1h_share_working", pulse, words),
    kpiFact("mean_response", "lead_response_time_working", pulse, words),
    kpiFact("waiting_now", "leads_waiting", pulse, words),
    kpiFact("oldest", "oldest_waiting_hours", pulse, words));
}

export function response(pulse, words) {
  const { edges_seconds: edges, wall, working } = pulse.response;
  const most = Math.max(1, ...wall, ...working);
  const rows = edges.map((edge, place) => {
    const seconds = Number(edge);
    const label = Number.isFinite(seconds) ? `≤ ${words.duration(seconds * 1000)}` : words.say("more_than");
    const kind = seconds <= HOUR_SECONDS ? "bar fast" : "bar slow";
    return [label, bar(wall[place], most, kind), count(wall[place], `wall.${edge}`, words), bar(working[place], most, kind), count(working[place], `working.${edge}`, words)];
  });
  const columns = [[words.say("answered_within"), ""], ["", "drawing"], [words.say("by_clock"), "number"], ["", "drawing"], [words.say("by_working_time"), "number"]];
  return table(words.say("response"), columns, rows, "histogram");
}

function bar(amount, most, kind) {
  const width = amount ? Math.max(0.8, (100 * amount) / most) : 0;
  return h("td", { class: "drawing", "aria-hidden": "true" },
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", focusable: "false" }, svg("rect", { x: 0, y: 0, width, height: 10, class: kind })));
}

function count(amount, key, words) {
  return h("td", { class: "number", "data-key": key, "data-value": amount }, words.number(amount));
}

export function waiting(pulse, words) {
  if (!pulse.leads.length) return h("p", { class: "empty" }, words.say("waiting_none"));
  const columns = [[words.say("lead"), ""], [words.say("waits"), "number"], [words.say("owner"), ""], [words.say("channel"), ""], [words.say("since"), "number"]];
  const rows = pulse.leads.map((lead) => [
    h("th", { scope: "row", class: "code" }, h("a", { href: `/api/journey?key=${encodeURIComponent(`lead/${lead.lead}`)}` }, lead.lead)),
    words.duration(pulse.now_ms - lead.since_ms),
    words.owner(lead.owner),
    words.channel(lead.channel),
    words.time(lead.since_ms),
  ]);
  return table(words.say("waiting"), columns, rows);
}

// Rows of places (channels, reps) by KPIs; cells with too few cases are pale.
function places(caption, columns, rows, kpis, words) {
  const cells = ({ name, by }) => [name, ...columns.map(([, id]) => {
    const found = by(id), unit = words.about.kpis[id].unit;
    const few = found && unit === "ratio" && found.n < (kpis[id]?.min_sample ?? 1);
    return h("td", { class: few ? "number few" : "number", title: few ? words.say("few", { n: found.n }) : null, "data-key": `${caption}.${name}.${id}`, "data-value": found?.value }, words.value(found?.value, unit));
  })];
  const heads = [[caption, ""], ...columns.map(([key]) => [words.say(key), "number"])];
  return table(caption, heads, rows.map(cells));
}

export function channels(pulse, words) {
  const columns = [["new_deals", "opportunity_count_new"], ["won", "won_deals"], ["lost_deals", "lost_deals"], ["win_rate", "win_rate_closed"], ["cycle", "sales_cycle_days"], ["revenue", "revenue"], ["open_deals", "opportunity_count_open"], ["pipeline", "pipeline_value_open"]];
  const rows = words.about.channels
    .map((channel) => ({ name: words.name(channel.names), by: (id) => pulse.kpis[id].by_channel?.[channel.id] }))
    .filter(({ by }) => columns.some(([, id]) => by(id)));
  return rows.length ? places(words.say("channel"), columns, rows, pulse.kpis, words) : h("p", { class: "empty" }, words.say("nothing"));
}

export function reps(pulse, words) {
  const columns = [["revenue", "revenue"], ["won", "won_deals"], ["win_rate", "win_rate_closed"], ["enquiries", "initial_enquiries"], ["within_1h", "response_within_1h_share"], ["waiting_now", "leads_waiting"], ["open_deals", "opportunity_count_open"], ["pipeline", "pipeline_value_open"]];
  const rows = pulse.reps.rows.map(({ rep, kpis }) => ({ name: words.owner(rep), by: (id) => kpis[id] }));
  return rows.length ? places(words.say("rep"), columns, rows, pulse.kpis, words) : h("p", { class: "empty" }, words.say("nothing"));
}

export function repsNote(pulse, words) {
  const window = words.texts[`window_${pulse.reps.window}`] ?? pulse.reps.window;
  const { rows, more } = pulse.reps;
  return more ? words.say("reps_more", { window, shown: rows.length, more }) : window;
}

function counts(caption, kind, heads, amounts, words) {
  const rows = Object.entries(amounts).map(([name, amount]) =>
    [h("th", { scope: "row", title: name }, words.texts[`${kind}_${name}`] ?? words.about.totals[name] ?? name), count(amount, `${kind}.${name}`, words)]);
  if (!rows.length) return h("p", { class: "empty" }, words.say("nothing"));
  return table(caption, [[heads[0], ""], [heads[1], "number"]], rows, "short");
}

export function restatements(pulse, words) {
  return counts(words.say("restatements"), "total", [words.say("restated_total"), words.say("changes")], pulse.restatements, words);
}

export function health({ health: told, kpis }, words) {
  const lag = told.lag === null ? words.say("unknown_lag") : words.number(told.lag);
  return figures(words,
    ["lag", lag, told.lag, told.ready && !told.behind ? "good" : "bad"],
    ["applied", words.number(told.applied), told.applied],
    ["duplicates", words.number(told.duplicates), told.duplicates],
    ["forwarded", words.number(told.forwarded), told.forwarded],
    ["entry_lag", words.value(kpis.entry_lag_hours.value, "hours"), kpis.entry_lag_hours.value],
    ["quarantined", words.number(told.quarantined), told.quarantined, told.quarantined ? "bad" : "good"],
    ...(told.redis === null ? [] : [["redis", words.say(told.redis ? "redis_up" : "redis_down"), told.redis, told.redis ? "good" : "bad"]]));
}

export function lags({ health: told }, words) {
  return counts(words.say("lags"), "topic", [words.say("topic"), words.say("to_read")], told.lag_by_topic, words);
}

export function quarantine({ health: told }, words) {
  return told.quarantined ? counts(words.say("quarantine"), "reason", [words.say("reason"), words.say("records")], told.quarantined_by_reason, words) : "";
}
