// The scorecard: one card a perspective, its goals and their KPIs below each other; what has no data is no zero.
import { h, svg, table } from "./dom.js";

const NARROW = 100, GOOD = 66.7, POOR = 33.3;

export function scorecard(pulse, words) {
  const { root, groups } = words.about.scorecard;
  return root.map((id) => {
    const name = words.name(groups[id].names), score = pulse.scorecard.group[id];
    const heading = h("header", { class: "card-head" }, h("h3", {}, name), total(`group.${id}`, score, words));
    const columns = [[words.say("goal"), ""], [words.say("drawing"), "drawing"], [words.say("performance"), "number"], [words.say("progress"), "number"], [words.say("value"), "number"]];
    return h("article", { class: "card", "data-group": id }, heading, table(name, columns, lines(id, pulse, words), "scores"));
  });
}

export function whole(pulse, words) {
  return total("card.card", pulse.scorecard.card.card, words);
}

function total(key, score, words) {
  return h("p", { class: `score ${grade(score.performance_percent)}`, "data-key": `score.${key}`, "data-value": score.performance_percent }, percent(score.performance_percent, words));
}

// A group's KPIs, then its goals with theirs, then what drives it.
function lines(id, pulse, words) {
  const { groups } = words.about.scorecard, group = groups[id];
  return [
    ...group.kpis.map((kpi) => measure(kpi, pulse, words)),
    ...group.parts.flatMap((part) => [goal(part, "goal", words.name(groups[part].names), pulse, words), ...lines(part, pulse, words)]),
    ...group.drivers.map((driver) => goal(driver, "driver", words.say("driven_by", { name: words.name(groups[driver].names) }), pulse, words)),
  ];
}

function goal(id, kind, name, pulse, words) {
  const score = pulse.scorecard.group[id];
  return [h("th", { scope: "row", class: kind }, name), ...judged(score, `${kind}.${id}`, words), h("td", { class: "number" })];
}

function measure(id, pulse, words) {
  const { names, unit, min_sample } = words.about.scorecard.kpis[id], score = pulse.scorecard.kpi[id];
  const few = score.value !== null && score.n !== null && score.n < min_sample;
  const title = few ? words.say("few", { n: score.n }) : null;
  const value = h("td", { class: few ? "number few" : "number", title, "data-key": `scored.${id}`, "data-value": score.value }, words.value(score.value, unit));
  return [h("th", { scope: "row", class: "kpi" }, words.name(names)), ...judged(score, `kpi.${id}`, words), value];
}

function judged({ performance_percent: performance, progress_percent: progress }, key, words) {
  const width = Math.min(Math.max(performance ?? 0, 0), NARROW);
  const bar = svg("svg", { viewBox: `0 0 ${NARROW} 10`, preserveAspectRatio: "none", focusable: "false" },
    svg("rect", { x: 0, y: 0, width: NARROW, height: 10, class: performance === null ? "nothing" : "track" }),
    svg("rect", { x: 0, y: 0, width, height: 10, class: `fill ${grade(performance)}` }));
  return [
    h("td", { class: "drawing", "aria-hidden": "true" }, bar),
    h("td", { class: "number", "data-key": `performance.${key}`, "data-value": performance }, percent(performance, words)),
    h("td", { class: "number muted", "data-key": `progress.${key}`, "data-value": progress }, percent(progress, words)),
  ];
}

function grade(performance) {
  if (performance === null) return "ungraded";
  if (performance >= GOOD) return "well";
  return performance >= POOR ? "fair" : "poor";
}

function percent(value, words) {
  return words.number(value === null ? null : value / 100, { style: "percent", maximumFractionDigits: 0 });
}
