/** The configurations whose reading is measured: a usual one, and a megabyte in each format. */

/** One configuration. */
export interface ConfigCase {
  readonly name: string;
  /** The file's name; its ending tells the format. */
  readonly file: string;
  readonly text: string;
}

/** Options of the large ones, one a line; with their length they make about a megabyte as ini. */
const manyOptions = 20_000;

/** All cases, in the order of the report. */
export function configCases(): ConfigCase[] {
  const pairs = largePairs();
  const large = (file: string, text: string) => ({ name: `1 MB ${file.slice(6)}`, file, text });
  return [
    { name: "usual ini", file: "usual.ini", text: usual },
    large("large.ini", `[uwsgi]\n${pairs.map(([key, value]) => `${key} = ${value}\n`).join("")}`),
    large(
      "large.yaml",
      `uwsgi:\n${pairs.map(([key, value]) => `  ${key}: "${value}"\n`).join("")}`,
    ),
    large(
      "large.json",
      `{"uwsgi": {\n${pairs.map(([key, value]) => `  "${key}": "${value}"`).join(",\n")}\n}}\n`,
    ),
    large(
      "large.xml",
      `<uwsgi>\n${pairs.map(([key, value]) => `  <${key}>${value}</${key}>\n`).join("")}</uwsgi>\n`,
    ),
  ];
}

/** Mostly variables of the environment; every tenth value has a placeholder, every hundredth a magic variable. */
function largePairs(): [string, string][] {
  const pairs: [string, string][] = [["site", "example"]];
  for (let index = 1; index < manyOptions; index++) {
    const number = String(index).padStart(5, "0");
    const value =
      index % 100 === 0 ? "%d/static" : index % 10 === 0 ? "/srv/%(site)/var" : "a usual value";
    pairs.push(["env", `SETTING_${number}=${value}, some more text`]);
  }
  return pairs;
}

const usual = `[uwsgi]
; what most projects have
project = shop
base = /srv/%(project)
chdir = %(base)/current
virtualenv = %(base)/venv
module = %(project).wsgi:application
master = true
processes = %(%k * 2)
threads = 2
enable-threads = true
single-interpreter = true
need-app = true
vacuum = true
die-on-term = true
lazy-apps = true

; where it listens
socket = /run/%(project)/%n.sock
chmod-socket = 660
uid = www-data
gid = www-data
listen = 128
buffer-size = 32768

harakiri = 60
max-requests = 5000
reload-on-rss = 512
worker-reload-mercy = 30

; what the application wants
env = DJANGO_SETTINGS_MODULE=%(project).settings
env = LANG=C.UTF-8
static-map = /static=%(base)/static
static-map = /media=%(base)/media

# logs
logto = /var/log/uwsgi/%n.log
log-date = %%Y-%%m-%%d
disable-logging = true
stats = 127.0.0.1:9191
pidfile = /run/%(project)/%n.pid
procname-prefix = %(project)-
`;
