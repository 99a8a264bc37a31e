// The live page: listens to /api/live and draws what it hears, in the chosen period, language and colours.
import { scorecard, whole } from "./card.js";
import { h, show } from "./dom.js";
import { funnels } from "./funnel.js";
import * as panels from "./panels.js";
import { plan, planByChannel, planFigures } from "./plan.js";
import { Words } from "./words.js";

const SILENCE_MS = 15_000, RETRY_MS = 3_000, NEWS_MS = 15_000;
const LANGUAGES = ["en", "ru"], THEMES = ["auto", "light", "dark"];
const FIRST_WINDOWS = ["1h", "today", "7d", "30d", "month", "quarter", "year", "all"];
const at = (id) => document.getElementById(id);

// What the address says counts first (for a screen on a wall), then what was chosen last on this machine.
function chosen(name, allowed, otherwise) {
  const asked = new URLSearchParams(location.search).get(name);
  if (allowed.includes(asked)) return asked;
  try {
    const kept = localStorage.getItem(`voronka.${name}`);
    if (allowed.includes(kept)) return kept;
  } catch { /* storage is off: nothing was kept */ }
  return otherwise;
}

function keep(name, value) {
  try {
    localStorage.setItem(`voronka.${name}`, value);
  } catch { /* storage is off: it holds until the page is left */ }
}

const texts = await (await fetch("/page/texts.json")).json();
let language = chosen("language", LANGUAGES, navigator.language.startsWith("ru") ? "ru" : "en");
let theme = chosen("theme", THEMES, "auto");
let period = chosen("window", FIRST_WINDOWS, "30d");
let about = null, pulse = null, words = new Words(texts, language, about);
let source = null, heardAt = performance.now(), connection = "connecting", toldAt = 0;

// A browser opens six connections to a host: pages that nobody looks at give theirs back.
function disconnect() {
  source?.close();
  source = null;
}

function connect() {
  disconnect();
  if (document.hidden) return;
  heardAt = performance.now();
  source = new EventSource(`/api/live?window=${period}`);
  listen("about", (data) => {
    about = data;
    words = new Words(texts, language, about);
  });
  listen("pulse", (data) => {
    pulse = data;
    draw();
  });
  listen("beat", () => {});
  const mine = source;
  source.onerror = () => {
    state("lost");
    if (mine === source && mine.readyState === EventSource.CLOSED) setTimeout(() => mine === source && connect(), RETRY_MS);
  };
}

function listen(event, act) {
  source.addEventListener(event, ({ data }) => {
    heardAt = performance.now();
    act(JSON.parse(data));
    state(pulse && (!pulse.health.ready || pulse.health.behind) ? "behind" : "live");
  });
}

function state(now) {
  connection = now;
  document.body.dataset.connection = now;
  const text = words.say(now);
  if (at("connection").textContent !== text) at("connection").textContent = text;
}

function draw() {
  drawHead();
  show(at("tiles"), ...panels.tiles(pulse, words));
  show(at("funnels"), ...funnels(pulse, words));
  show(at("plan"), plan(pulse, words));
  show(at("plan-channels"), planByChannel(pulse, words));
  show(at("plan-figures"), ...planFigures(pulse, words));
  show(at("scorecard-whole"), whole(pulse, words));
  show(at("scorecard"), ...scorecard(pulse, words));
  show(at("response-figures"), ...panels.responseFigures(pulse, words));
  show(at("response"), panels.response(pulse, words));
  show(at("waiting"), panels.waiting(pulse, words));
  at("waiting-note").textContent = words.say("waiting_count", { shown: pulse.leads.length, all: words.number(pulse.waiting) });
  show(at("channels"), panels.channels(pulse, words));
  show(at("reps"), panels.reps(pulse, words));
  at("reps-note").textContent = panels.repsNote(pulse, words);
  show(at("restatements"), panels.restatements(pulse, words));
  show(at("health"), ...panels.health(pulse, words));
  show(at("lags"), panels.lags(pulse, words));
  show(at("quarantine"), panels.quarantine(pulse, words));
  document.body.dataset.settled = "yes";
  document.body.dataset.shown = `${pulse.window} ${language}`;
  at("main").setAttribute("aria-busy", "false");
  tellNews();
}

function drawHead() {
  const clock = at("clock"), all = pulse.partitions, here = words.shards(pulse.shards);
  clock.dateTime = new Date(pulse.now_ms).toISOString();
  clock.textContent = pulse.now_ms ? words.time(pulse.now_ms) : "–";
  clock.title = about.clock === "event" ? words.say("event_clock") : about.zone;
  at("shards").textContent = here ? words.say("shards", { here, all }) : words.say("shards_none", { all });
  const partial = here ? words.missing(pulse) : words.say("partial_none");
  if (at("partial").textContent !== partial) at("partial").textContent = partial;
  at("partial").hidden = !pulse.partial;
  at("main").hidden = !here; // a gap, never a row of zeros
}

// Screen readers hear one sentence, and not more often than one can listen to.
function tellNews() {
  if (performance.now() - toldAt < NEWS_MS && toldAt) return;
  const sentence = words.say("news", { clock: words.time(pulse.now_ms, { hour: "2-digit", minute: "2-digit" }), won: words.number(pulse.kpis.won_deals.value), waiting: words.number(pulse.waiting) });
  if (at("news").textContent !== sentence) at("news").textContent = sentence;
  toldAt = performance.now();
}

function speak() {
  words = new Words(texts, language, about);
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = words.say(node.dataset.text);
  state(connection);
  document.body.dataset.settled = "no";
  toldAt = 0;
  if (pulse) draw();
}

function colour() {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function radios(id, name, value, act) {
  for (const input of at(id).querySelectorAll("input")) {
    input.checked = input.value === value;
    input.addEventListener("change", () => {
      keep(name, input.value);
      act(input.value);
    });
  }
}

at("windows").append(...FIRST_WINDOWS.map((value) =>
  h("label", {}, h("input", { type: "radio", name: "window", value }), h("span", { "data-text": `window_${value}` }))));
radios("windows", "window", period, (value) => {
  period = value;
  document.body.dataset.settled = "no";
  at("main").setAttribute("aria-busy", "true");
  connect();
});
radios("languages", "language", language, (value) => {
  language = value;
  speak();
});
radios("themes", "theme", theme, (value) => {
  theme = value;
  colour();
});
setInterval(() => source && performance.now() - heardAt > SILENCE_MS && connect(), 5_000);
addEventListener("pagehide", disconnect);
addEventListener("pageshow", ({ persisted }) => persisted && connect());
document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
colour();
speak();
connect();
