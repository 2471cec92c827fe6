/** Texts of a panel, filled in: `{name}` by a value, `.one`/`.other` chosen by `count`. */

export type Language = "en" | "es";
export type Values = Record<string, string | number>;

const formats = new Map<Language, Intl.NumberFormat>();

/** A number as the language writes it. */
export function written(value: number, language: Language): string {
  let format = formats.get(language);
  if (!format) formats.set(language, (format = new Intl.NumberFormat(language)));
  return format.format(value);
}

/** A number of bytes. */
export function size(bytes: number, language: Language): string {
  let unit = "B";
  for (const next of ["kB", "MB", "GB"]) {
    if (bytes < 1000) break;
    bytes /= 1000;
    unit = next;
  }
  return `${written(Math.round(bytes * 10) / 10, language)}\u202f${unit}`;
}

/** A time span in the two units that matter; negative or unknown ones are nothing. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u202fs`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}\u202fmin ${whole % 60}\u202fs`;
  return `${Math.floor(minutes / 60)}\u202fh ${minutes % 60}\u202fmin`;
}

/** The text of a key; a key without a text is shown as it is, so that nothing looks right that is not. */
export function fillIn(
  texts: Readonly<Record<string, string>>,
  language: Language,
  key: string,
  values: Values = {},
): string {
  const count = values["count"];
  const counted = typeof count === "number" ? texts[`${key}.${count === 1 ? "one" : "other"}`] : undefined;
  return (counted ?? texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? written(value, language) : value;
  });
}
