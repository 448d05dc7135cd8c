/** What the master does when it is told to: part of a step of machine.ts. */
import type { MasterCommand } from "./commands.ts";
import { drain, kill } from "./ending.ts";
import { want } from "./population.ts";
import { askReload } from "./reload.ts";
import type { ReloadKind } from "./state.ts";
import { log, setPaused, type Turn } from "./turn.ts";

const reloads = {
  reload: { name: "reload", reread: true, chain: false, brutal: false },
  "brutal-reload": { name: "brutal reload", reread: true, chain: false, brutal: true },
  "chain-reload": { name: "chain reload", reread: false, chain: true, brutal: false },
  "workers-reload": { name: "reload of the workers", reread: false, chain: false, brutal: false },
  "brutal-workers-reload": {
    name: "brutal reload of the workers",
    ...{ reread: false, chain: false, brutal: true },
  },
} as const satisfies { readonly [name: string]: ReloadKind };

/** What becomes of reloads with `exit-on-reload`; uWSGI does not count those of the workers alone. */
const stops: { readonly [K in MasterCommand]?: MasterCommand } = {
  reload: "stop",
  "brutal-reload": "kill",
};

/**
 * Obeys a command.
 * @param by who asked, for the log: `SIGTERM`
 */
export function noteCommand(turn: Turn, asked: MasterCommand, by: string): void {
  const { state, actions } = turn;
  const name = state.plan.exitOnReload ? (stops[asked] ?? asked) : asked;
  switch (name) {
    case "reload":
    case "brutal-reload":
    case "chain-reload":
    case "workers-reload":
    case "brutal-workers-reload":
      if (state.stage === "serving" || state.stage === "starting")
        askReload(turn, reloads[lazily(turn, name)], by);
      break;
    case "stop":
      if (state.stage === "starting") {
        log(turn, `${by}: stopping before the server was ready`);
        kill(turn);
      } else if (state.stage === "serving") drain(turn, by);
      break;
    case "kill":
      if (state.stage === "killing") break;
      log(turn, `${by}: stopping at once`);
      kill(turn);
      break;
    case "pause":
      pause(turn, by);
      break;
    case "more-workers":
    case "fewer-workers": {
      const before = state.wanted;
      want(turn, before + (name === "more-workers" ? 1 : -1));
      if (state.wanted === before)
        log(
          turn,
          `${by}: ${before} of ${state.plan.processes} workers stay: \`cheaper\` and \`processes\` allow no other number`,
        );
      break;
    }
    case "cheap":
      if (state.stage !== "serving") break;
      log(turn, `${by}: all workers go until a request comes`);
      state.wanted = 0;
      break;
    case "reopen-log":
    case "rotate-log":
      log(turn, `${by}: the log is to be ${name === "reopen-log" ? "opened anew" : "rotated"}`);
      actions.push({ type: "do", name });
      break;
    case "stats":
      actions.push({ type: "do", name });
      break;
  }
}

/** As in uWSGI a graceful reload with `lazy` leaves the master and its configuration as they are. */
function lazily({ state }: Turn, name: keyof typeof reloads): keyof typeof reloads {
  return name === "reload" && state.plan.lazy ? "workers-reload" : name;
}

function pause(turn: Turn, by: string): void {
  const { state } = turn;
  if (state.stage !== "serving") return;
  log(turn, state.paused ? `${by}: resumed` : `${by}: paused, requests wait`);
  setPaused(turn, !state.paused);
}
