/** Dates as the C library writes them, in local time and the C locale. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July"],
  ...["August", "September", "October", "November", "December"],
];
const MS_PER_DAY = 86_400_000;

/** Local time in the format of ctime(3), without its newline: `Mon Nov 23 02:39:30 2026`. */
export function ctime(date: Date): string {
  const [day, month] = [name(DAYS, date.getDay()), name(MONTHS, date.getMonth())];
  return `${day} ${month} ${blank(date.getDate())} ${clock(date)} ${date.getFullYear()}`;
}

/** Local time as %(ltime) of uWSGI has it: `23/Nov/2026:02:39:30 +0000`, Apache's common format. */
export function commonTime(date: Date): string {
  const day = two(date.getDate());
  return `${day}/${name(MONTHS, date.getMonth())}/${date.getFullYear()}:${clock(date)} ${zone(date)}`;
}

/**
 * strftime(3): glibc's conversions. One that there is not stays as it is.
 * @param format with `%` in front of each
 */
export function strftime(format: string, date: Date): string {
  return format.replace(/%[EO_0^#-]?([a-zA-Z%+])/g, (whole, letter: string) => {
    const make = conversions[letter];
    if (make === undefined) return whole;
    const text = make(date);
    if (whole[1] === "-") return text.replace(/^[0 ]+(?=.)/, "");
    if (whole[1] === "_") return text.replace(/^0+(?=.)/, (zeros) => " ".repeat(zeros.length));
    return whole[1] === "^" ? text.toUpperCase() : text;
  });
}

const conversions: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => name(DAYS, date.getDay()),
  A: (date) => DAYS[date.getDay()] ?? "",
  b: (date) => name(MONTHS, date.getMonth()),
  B: (date) => MONTHS[date.getMonth()] ?? "",
  c: (date) => strftime("%a %b %e %H:%M:%S %Y", date),
  C: (date) => two(Math.floor(date.getFullYear() / 100)),
  d: (date) => two(date.getDate()),
  D: (date) => strftime("%m/%d/%y", date),
  e: (date) => blank(date.getDate()),
  F: (date) => strftime("%Y-%m-%d", date),
  g: (date) => two(isoWeek(date).year % 100),
  G: (date) => String(isoWeek(date).year),
  h: (date) => name(MONTHS, date.getMonth()),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, "0"),
  k: (date) => blank(date.getHours()),
  l: (date) => blank(date.getHours() % 12 || 12),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  n: () => "\n",
  p: (date) => (date.getHours() < 12 ? "AM" : "PM"),
  P: (date) => (date.getHours() < 12 ? "am" : "pm"),
  r: (date) => strftime("%I:%M:%S %p", date),
  R: (date) => strftime("%H:%M", date),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => two(date.getSeconds()),
  t: () => "\t",
  T: clock,
  u: (date) => String(date.getDay() || 7),
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7)),
  V: (date) => two(isoWeek(date).week),
  w: (date) => String(date.getDay()),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7)),
  x: (date) => strftime("%m/%d/%y", date),
  X: clock,
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  z: zone,
  Z: (date) => /\(([A-Z]{2,5})\)$/.exec(date.toString())?.[1] ?? abbreviation(date),
  "%": () => "%",
};

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** JavaScript has long names only where it has no short one. */
function abbreviation(date: Date): string {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** From 0, by the calendar and not by the clock, which may be changed twice a year. */
function dayOfYear(date: Date): number {
  const year = date.getFullYear();
  return (Date.UTC(year, date.getMonth(), date.getDate()) - Date.UTC(year, 0, 1)) / MS_PER_DAY;
}

/** ISO 8601: the week with the year's first Thursday is its first. */
function isoWeek(date: Date): { year: number; week: number } {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  const thursday = new Date(day + (4 - (date.getDay() || 7)) * MS_PER_DAY);
  const year = thursday.getUTCFullYear();
  const days = (thursday.getTime() - Date.UTC(year, 0, 1)) / MS_PER_DAY;
  return { year, week: Math.floor(days / 7) + 1 };
}

function name(names: readonly string[], index: number): string {
  return (names[index] ?? "").slice(0, 3);
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function blank(number: number): string {
  return String(number).padStart(2, " ");
}
