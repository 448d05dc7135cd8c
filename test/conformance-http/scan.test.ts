import { test } from "vitest";
import { mutate, Random } from "../helpers/random.ts";
import { compare } from "./against-node.ts";
import { NodeServer } from "./node-server.ts";
import { requests, VALID, WORDS } from "./words.ts";
test("scan", async () => {
  const node = new NodeServer();
  const found = new Map<string, string[]>();
  const random = new Random(Number(process.env["S"] ?? 7));
  const n = Number(process.env["N"] ?? 300);
  const counts: Record<string, number> = {};
  for (let b = 0; b < n; b++) {
    const cases = Array.from({ length: 100 }, (_, i) => i % 3 === 0 ? requests(random) : i % 3 === 1 ? mutate(random, random.pick(VALID), WORDS) : mutate(random, requests(random), WORDS));
    const outs = await Promise.all(cases.map((c) => node.read(c)));
    for (const [i, c] of cases.entries()) {
      const o = outs[i]; if (!o) continue;
      const v = compare(c, o);
      counts[v.kind === "deliberate" ? v.name : v.kind] = (counts[v.kind === "deliberate" ? v.name : v.kind] ?? 0) + 1;
      if (v.kind !== "different") continue;
      const k = `${v.what.replace(/\d+/, "n")} ${o.problem}`;
      const l = found.get(k) ?? []; found.set(k, l);
      l.push(c.toString("latin1")+ "\x00"+ JSON.stringify(v));
    }
  }
  console.log(counts);
  for (const [k, l] of found) { const s = l.sort((a, b) => a.length - b.length); const [c,v] = s[0]!.split("\x00{"); console.log(k, l.length, JSON.stringify(c), "\n{"+v?.slice(0,1500)); if (s[1]) console.log(JSON.stringify(s[1].split("\x00{")[0])) }
}, 1e6);
