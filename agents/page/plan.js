// Sales beside the plan: this month, quarter and year, the month by channel, and what the plan still takes.
import { h, svg, table } from "./dom.js";

const FULL = 1.5;

export function plan(pulse, words) {
  const rows = Object.entries(pulse.plan.periods).map(([period, found]) => row(words.say(`this_${period}`), `plan.${period}`, found, words));
  return table(words.say("plan"), columns(words.say("period"), words), rows, "plan");
}

export function planByChannel(pulse, words) {
  const found = Object.entries(pulse.plan.by_channel).filter(([, { plan: planned }]) => planned !== null);
  if (!found.length) return h("p", { class: "empty" }, words.say("no_plan"));
  const rows = found.map(([channel, each]) => row(words.channel(channel), `plan.month.${channel}`, each, words));
  return table(words.say("plan_by_channel"), columns(words.say("plan_by_channel"), words), rows, "plan");
}

export function planFigures(pulse, words) {
  return Object.entries(pulse.plan.kpis).map(([id, { value }]) => {
    const { names, descriptions, unit } = words.about.kpis[id];
    return h("div", { class: "figure", title: words.name(descriptions) }, h("dt", {}, words.name(names)), h("dd", { "data-key": id, "data-value": value }, words.value(value, unit)));
  });
}

function columns(first, words) {
  return [[first, ""], [words.say("revenue"), "number"], [words.say("planned"), "number"], ["", "drawing"], [words.say("attainment"), "number"], [words.say("gap"), "number"], [words.say("forecast"), "number"]];
}

function row(name, key, found, words) {
  const cell = (part, unit) => h("td", { class: "number", "data-key": `${key}.${part}`, "data-value": found[part] }, words.value(found[part], unit));
  const gap = cell("gap", "money");
  if (found.gap !== null) gap.classList.add(found.gap < 0 ? "bad" : "good");
  return [name, cell("revenue", "money"), cell("plan", "money"), bar(found.attainment), cell("attainment", "ratio"), gap, cell("forecast", "money")];
}

// The plan is the mark at two thirds of the way.
function bar(attainment) {
  const width = (100 * Math.min(attainment ?? 0, FULL)) / FULL, kind = attainment >= 1 ? "fill well" : "fill fair";
  return h("td", { class: "drawing", "aria-hidden": "true" },
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", focusable: "false" },
      svg("rect", { x: 0, y: 0, width: 100, height: 10, class: attainment === null ? "nothing" : "track" }),
      svg("rect", { x: 0, y: 0, width, height: 10, class: kind }),
      svg("rect", { x: 100 / FULL - 0.5, y: 0, width: 1, height: 10, class: "mark" })));
}
