// Texts, numbers and times in the language that was chosen.
export const NO_DATA = "–";
const MINUTE = 60_000;

export class Words {
  constructor(texts, language, about) {
    this.texts = texts[language];
    this.language = language;
    this.about = about;
    this.locale = language === "ru" ? "ru-RU" : "en-US";
    this.dates = language === "ru" ? "ru-RU" : "en-GB";
  }

  say(key, parts = {}) {
    return this.texts[key].replace(/\{(\w+)\}/g, (_, name) => parts[name]);
  }

  name(names) {
    return names[this.language];
  }

  channel(id) {
    const channel = this.about.channels.find((each) => each.id === id);
    return channel ? this.name(channel.names) : id;
  }

  owner(id) {
    return id === "unassigned" ? this.say("unassigned") : id;
  }

  number(value, options = {}) {
    return value === null || value === undefined ? NO_DATA : new Intl.NumberFormat(this.locale, options).format(value);
  }

  // A KPI's value with its unit.
  value(value, unit) {
    if (value === null || value === undefined) return NO_DATA;
    switch (unit) {
      case "ratio":
        return this.number(value, { style: "percent", maximumFractionDigits: Math.abs(value) < 0.1 ? 1 : 0 });
      case "money":
        return this.money(value, Math.abs(value) >= 10_000);
      case "hours":
        return this.duration(value * 60 * MINUTE);
      case "days":
        return `${this.number(value, { maximumFractionDigits: 1 })} ${this.say("unit_d")}`;
      case "months":
        return `${this.number(value, { maximumFractionDigits: 1 })} ${this.say("unit_mo")}`;
      case "multiple":
        return `${this.number(value, { maximumFractionDigits: 2 })} ×`;
      case "score":
        return this.number(value, { maximumFractionDigits: 2 });
      case "points":
        return `${this.number(value, { maximumFractionDigits: 1 })} ${this.say("unit_points")}`;
      default:
        return this.number(value, { maximumFractionDigits: 0 });
    }
  }

  money(value, compact) {
    return this.number(value, {
      style: "currency",
      currency: this.about.currency,
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: 0,
      ...(compact ? { notation: "compact", maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 }),
    });
  }

  duration(ms) {
    const minutes = Math.round(ms / MINUTE);
    if (minutes < 90 && minutes !== 60) return `${this.number(minutes)} ${this.say("unit_min")}`;
    const hours = Math.round(minutes / 6) / 10;
    if (hours < 48) return `${this.number(hours < 10 ? hours : Math.round(hours))} ${this.say("unit_h")}`;
    return `${this.number(Math.round(hours / 24))} ${this.say("unit_d")}`;
  }

  time(ms, options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }) {
    return new Intl.DateTimeFormat(this.dates, { ...options, timeZone: this.about.zone }).format(ms);
  }

  // What is missing, since when, and whether its last numbers are among those that are shown.
  missing(pulse) {
    const sentences = [true, false].flatMap((counted) => {
      const found = pulse.missing.filter((each) => each.counted === counted);
      if (!found.length) return [];
      const since = found.map((each) => each.since_ms).filter((ms) => ms !== null);
      const when = since.length ? this.say("missing_since", { clock: this.time(Math.min(...since), { hour: "2-digit", minute: "2-digit", second: "2-digit" }) }) : "";
      return [this.say(counted ? "missing_counted" : "missing_left_out", { shards: this.shards(found.map((each) => each.shard)), when })];
    });
    return [this.say("partial"), ...sentences].join(" ");
  }

  // [0, 1, 2, 5] is "0–2, 5".
  shards(numbers) {
    const runs = [];
    for (const shard of numbers) {
      const last = runs.at(-1);
      if (last && last[1] === shard - 1) last[1] = shard;
      else runs.push([shard, shard]);
    }
    return runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
  }
}
