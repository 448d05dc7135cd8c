/**
 * What tsuwsgi does for the rules that uWSGI's list does not show: rules about the effect of a value, and
 * rules where uWSGI stops. One row a rule.
 */
import type { Settings } from "../../src/settings/settings.ts";

/** What must come out; every member that is there is checked. */
export interface Expectation {
  /** A finding, as `FILE:LINE:COLUMN severity rule`. */
  readonly says?: string;
  /** Settings, as part of all. */
  readonly settings?: Partial<Settings>;
  /** Settings with `--lenient`, which takes uWSGI's reading. */
  readonly lenient?: Partial<Settings>;
  /** The texts of the listening sockets. */
  readonly sockets?: readonly string[];
}

/** For every rule that stops uWSGI: the error that stops tsuwsgi, and where it points. */
export const stops: { readonly [rule: string]: string } = {
  R034: "(command line):1:7 error unreadable-file",
  R038: "a.ini:3:7 error unreadable-file",
  R040: "a.ini:2:11 error unknown-format",
  R045: "a.ini:3:7 error include-cycle",
  R047: "a.ini:3:7 error unreadable-file",
  R052: "(command line):1:1 error bare-section",
  R075: "a.ini:2:5 error unreadable-file",
  R084: "a.ini:2:6 error endless-expansion",
  R089: "a.ini:2:19 error placeholder-is-option",
  R093: "a.ini:4:1 error unknown-option",
  R100: "a.ini:3:1 error nested-block",
  R130: "a.ini:2:1 error unknown-option",
  R131: "a.ini:3:1 error private-variable",
  R132: "a.ini:3:7 error unknown-option",
  R140: "a.ini:3:1 error exit",
  R154: "a.yaml:3:6 error yaml-syntax",
  R156: "a.yaml:2:4 error yaml-syntax",
  R157: "a.yaml:2:1 error yaml-syntax",
  R167: "a.json:1:16 error json-syntax",
  R168: "a.json:1:1 error no-section",
  R179: "a.xml:1:23 error xml-nested-element",
  R183: "a.xml:1:2 error no-section",
  R184: "a.xml:2:1 error xml-syntax",
  R185: "a.xml:1:29 error xml-syntax",
};

/** For every rule about what uWSGI logs: what tsuwsgi says, or which settings come out. */
export const effects: { readonly [rule: string]: Expectation } = {
  R030: { says: "a.ini:1:1 error missing-section" },
  R087: { says: "a.ini:4:10 error not-a-number" },
  R107: { says: "a.ini:3:10 error not-a-boolean", lenient: { master: true } },
  R108: { says: "a.ini:3:10 error inline-comment", lenient: { master: true } },
  R109: { settings: { master: false } },
  R110: { settings: { processes: 2 } },
  R111: { settings: { processes: 3 } },
  R112: { says: "a.ini:4:13 error inline-comment", lenient: { processes: 2 } },
  R113: { says: "a.ini:4:13 error not-a-number" },
  R114: { says: "a.ini:3:13 error out-of-range" },
  R115: { sockets: ["/tmp/s", "/tmp/t", ":8080"] },
  R116: { says: "a.ini:2:10 error inline-comment" },
  R117: { says: "a.ini:2:10 error inline-comment" },
  R118: { says: "a.ini:3:9 error inline-comment" },
  R119: { says: "a.ini:3:16 error invalid-value" },
  R120: { says: "a.ini:3:1 error invalid-value" },
  R121: { settings: { master: false } },
  R122: { says: "a.ini:3:8 error crontab" },
  R123: { says: "a.ini:3:14 error invalid-value" },
  R126: { says: "a.ini:3:1 error unsupported-option" },
  R129: { says: "a.ini:3:1 error unknown-option" },
  R135: { sockets: ["/tmp/s", ":8080"] },
  R137: { says: "a.ini:3:10 error unsupported-plugin" },
  R138: { says: "a.ini:3:15 error unsupported-plugin" },
  R141: { settings: { showConfig: true } },
  R142: {
    settings: { showConfig: true, logto: { kind: "file", path: "/tmp/x.log" } },
  },
};
