/** What zygotes say and how they and their workers end, as the master takes it. */
import { noteEnd } from "./backoff.ts";
import { cleanEnd, fail, killWorkersOf, unsupervised } from "./ending.ts";
import type { ZygoteWord } from "./event.ts";
import { judge, noteUnusable, tellFailure } from "./loading.ts";
import { giveUp, noteNextEnd, noteOtherZygoteExit } from "./reload.ts";
import { again, findByZygote, forget, noteSeatEnd } from "./seats.ts";
import type { WorkerState, ZygoteState } from "./state.ts";
import { isUp, log, type Turn, tellFront } from "./turn.ts";

export function noteZygoteWord(turn: Turn, zygote: ZygoteState, word: ZygoteWord): void {
  const { state } = turn;
  switch (word.is) {
    case "loaded":
      state.python = word.python;
      zygote.stage = "loaded";
      if (!state.plan.lazyApps)
        log(turn, `application loaded in ${word.seconds.toFixed(3)} s by ${word.python}`);
      break;
    case "load-failed":
      state.python = word.python;
      if (zygote.role === "coming") {
        // It stops when told, like one that has loaded.
        zygote.stage = "loaded";
        tellFailure(turn, word, zygote.configuration);
        giveUp(turn, "the application cannot be loaded");
      } else if (judge(turn, word, zygote.configuration) === "goes on") zygote.stage = "loaded";
      break;
    case "unusable":
      if (zygote.role === "coming") giveUp(turn, word.message);
      else noteUnusable(turn, zygote.id, word);
      break;
    case "forked": {
      const worker = findByZygote(turn, zygote.id, word.slot);
      // The front may have been faster.
      if (worker?.stage !== "forking") break;
      worker.pid = word.pid;
      worker.stage = "starting";
      break;
    }
    case "exited": {
      const worker = findByZygote(turn, zygote.id, word.slot);
      if (worker) noteWorkerExit(turn, worker, word.status);
      break;
    }
  }
}

function noteWorkerExit(turn: Turn, worker: WorkerState, status: string): void {
  const { state } = turn;
  const { pid } = worker;
  forget(turn, worker);
  if (state.fronts.some(({ id, stage }) => id === worker.front && stage !== "down"))
    tellFront(turn, worker.front, { type: "worker-exited", pid });
  if (!isUp(state)) return;
  const end = noteSeatEnd(turn, worker, status);
  const seat = state.seats[worker.id - 1];
  if (end === "hopeless" && state.stage === "starting") {
    const times = `${seat?.shortLives} times in a row before it could serve`;
    fail(turn, 1, `worker ${worker.id} (pid ${pid}) ended: ${status}, ${times}`);
  } else if (seat && worker.role === "next") noteNextEnd(turn, worker, seat);
}

export function noteZygoteExit(turn: Turn, zygote: ZygoteState, status: string): void {
  const { state, nowMs } = turn;
  if (isUp(state) && zygote.role !== "current") {
    noteOtherZygoteExit(turn, zygote, status);
    return;
  }
  const served = zygote.stage === "loaded";
  const what = `the zygote ended${served ? "" : " while the application was loaded"}: ${status}`;
  zygote.stage = "down";
  // After a clean end its workers are gone too; their numbers may be other processes' by now.
  if (status !== cleanEnd) killWorkersOf(turn, zygote);
  for (const worker of state.workers) if (worker.zygote === zygote.id) forget(turn, worker);
  if (state.stage === "starting") fail(turn, 1, what);
  if (state.stage !== "serving") return;
  if (!state.plan.master) {
    unsupervised(turn, what);
    return;
  }
  noteEnd(zygote, nowMs, served, state.plan.forkbombSeconds);
  log(turn, `${what}; ${again(turn, zygote.notBeforeMs)}`);
}
