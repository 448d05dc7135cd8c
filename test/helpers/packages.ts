/** The Debian packages that tests use, and how to see that they are there. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";

/** What a test may need; one row each. */
export const packages = {
  uwsgi: { debian: ["uwsgi-core", "uwsgi-plugin-python3"], present: () => uwsgi("python3") },
  "uwsgi-gevent": {
    debian: ["uwsgi-plugin-gevent-python3"],
    present: () => uwsgi("gevent_python3"),
  },
  gunicorn: { debian: ["gunicorn"], present: () => onPath("gunicorn") },
  nginx: { debian: ["nginx-light"], present: () => onPath("nginx") },
  haproxy: { debian: ["haproxy"], present: () => onPath("haproxy") },
  flask: { debian: ["python3-flask"], present: () => importable("flask") },
  django: { debian: ["python3-django"], present: () => importable("django") },
  bottle: { debian: ["python3-bottle"], present: () => importable("bottle") },
  falcon: { debian: ["python3-falcon"], present: () => importable("falcon") },
  pyramid: { debian: ["python3-pyramid"], present: () => importable("pyramid") },
  gevent: { debian: ["python3-gevent"], present: () => importable("gevent") },
  eventlet: { debian: ["python3-eventlet"], present: () => importable("eventlet") },
  curl: { debian: ["curl"], present: () => onPath("curl") },
  greenlet: { debian: ["python3-greenlet"], present: () => importable("greenlet") },
  openssl: { debian: ["openssl"], present: () => onPath("openssl") },
  wrk: { debian: ["wrk"], present: () => onPath("wrk") },
  ab: { debian: ["apache2-utils"], present: () => onPath("ab") },
  h2load: { debian: ["nghttp2-client"], present: () => onPath("h2load") },
} satisfies { readonly [name: string]: { debian: readonly string[]; present: () => boolean } };

export type PackageName = keyof typeof packages;

/** The Debian packages of what is missing, in the order of the table. */
export function missingPackages(): string[] {
  return Object.values(packages)
    .filter(({ present }) => !present())
    .flatMap(({ debian }) => debian);
}

function onPath(program: string): boolean {
  return ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"].some((directory) => {
    try {
      accessSync(`${directory}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function uwsgi(plugin: string): boolean {
  return onPath("uwsgi") && existsSync(`/usr/lib/uwsgi/plugins/${plugin}_plugin.so`);
}

function importable(module: string): boolean {
  const code =
    "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";
  try {
    execFileSync("/usr/bin/python3", ["-c", code, module], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
