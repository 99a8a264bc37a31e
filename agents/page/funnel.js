// One funnel a channel: a table whose drawing column is the funnel itself, row by row.
import { h, svg, table } from "./dom.js";

const HEIGHT = 36;
const BAND = 22;

export function funnels(pulse, words) {
  return words.about.channels.filter((channel) => channel.stages.length).map((channel) => card(channel, pulse, words));
}

function card(channel, pulse, words) {
  const of = (kpi) => pulse.kpis[kpi]?.by_stage?.[channel.id] ?? {};
  const entries = of("stage_entries"), rates = of("stage_conversion_rate"), stands = of("stage_occupancy");
  const least = pulse.kpis.stage_conversion_rate.min_sample;
  const counts = channel.stages.map((stage) => entries[stage.id]?.value ?? 0);
  const most = Math.max(1, ...counts);
  const name = words.name(channel.names);
  const rows = channel.stages.map((stage, place) => {
    const key = `${channel.id}.${stage.id}`, rate = rates[stage.id], last = place === channel.stages.length - 1;
    return [
      h("th", { scope: "row", title: words.name(stage.names) }, words.name(stage.names)),
      h("td", { class: "drawing" }, step(counts[place], counts[place + 1], most, place, last)),
      figure(words.number(counts[place]), "number strong", `${key}.entered`, counts[place]),
      last ? h("td", { class: "number" }) : share(rate, least, key, words),
      last ? h("td", { class: "number" }) : figure(words.number(stands[stage.id]?.value ?? 0), "number muted", `${key}.now`, stands[stage.id]?.value ?? 0),
    ];
  });
  const columns = [[words.say("stage"), ""], [words.say("drawing"), "drawing"], [words.say("entered"), "number"], [words.say("to_next"), "number"], [words.say("here_now"), "number"]];
  const revenue = words.value(pulse.kpis.revenue.by_channel?.[channel.id]?.value, "money");
  const heading = h("header", { class: "card-head" }, h("h3", {}, name), h("p", { class: "aside" }, `${words.say("revenue")} ${revenue}`));
  return h("article", { class: "card", "data-channel": channel.id }, heading, table(name, columns, rows, "funnel"));
}

function figure(text, kind, key, value) {
  return h("td", { class: kind, "data-key": key, "data-value": value }, text);
}

function share(rate, least, key, words) {
  const few = rate && rate.n < least;
  const title = few ? words.say("few", { n: rate.n }) : null;
  const text = rate ? words.value(rate.value, "ratio") : "–";
  const kind = few ? "number few" : "number";
  return h("td", { class: kind, title, "data-key": `${key}.rate`, "data-value": rate?.value }, text);
}

// A band as wide as the stage is full, and the slope to the next one.
function step(count, next, most, place, last) {
  const wide = half(count, most), narrow = last ? wide : half(next, most);
  const band = svg("rect", { x: 50 - wide, y: 0, width: 2 * wide, height: last ? BAND + 4 : BAND, class: last ? "band won" : `band step-${Math.min(place, 7)}` });
  const slope = last ? null : svg("polygon", { points: `${50 - wide},${BAND} ${50 + wide},${BAND} ${50 + narrow},${HEIGHT} ${50 - narrow},${HEIGHT}`, class: `slope step-${Math.min(place, 7)}` });
  return svg("svg", { viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" }, band, slope);
}

function half(count, most) {
  return count ? Math.max(0.8, (50 * count) / most) : 0.3;
}
