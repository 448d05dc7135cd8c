/** uWSGI's own line about a request. */
import { ctime } from "../../log/strftime.ts";
import { type LineMaker, Via } from "../exchange/access-record.ts";
import type { WorkerMemory } from "./worker-memory.ts";

const MB = 1024 * 1024;

/**
 * The maker of that line.
 * @param micros times are in microseconds
 * @param users a request may have one
 */
export function usualLine(micros: boolean, users: boolean): LineMaker {
  const dates = new Dates();
  const factor = micros ? 1000 : 1;
  const unit = micros ? "micros" : "msecs";
  return (record) => {
    const { info } = record;
    const hasWorker = record.workerId > 0;
    const application = hasWorker ? `0|req: ${record.workerRequests}` : "-1|req: -1";
    return (
      `[pid: ${record.pid}|app: ${application}/${record.total}] ${info.remoteAddress} (${users ? record.user : ""}) ` +
      `{${info.vars} vars in ${info.bytes} bytes} [${dates.at(record.startedAt)}] ${info.method} ${info.uri} => ` +
      `generated ${record.bodyBytes} bytes in ${Math.trunc(record.elapsedMs * factor)} ${unit}${viaText(record.via)}` +
      `(${info.protocol} ${record.status}) ${record.fields} headers in ${record.headBytes} bytes ` +
      `(${hasWorker ? 1 : 0} switches on core ${record.core})\n`
    );
  };
}

/**
 * Lines with the worker's memory in front, `memory-report`.
 * @param report 2: with what is the worker's alone, and its share
 */
export function withMemory(line: LineMaker, memory: WorkerMemory, report: number): LineMaker {
  return (record) => memoryText(memory, record.pid, report) + line(record);
}

function viaText(via: number): string {
  return via === Via.sendfile ? " via sendfile() " : " ";
}

/** Dates as ctime(3) writes them, made once a second. */
class Dates {
  #second = 0;
  #date = "";

  at(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = ctime(new Date(ms));
    }
    return this.#date;
  }
}

function memoryText(memory: WorkerMemory, pid: number, report: number): string {
  const { vsz, rss } = memory.of(pid);
  const basic = `{address space usage: ${amount(vsz)}} {rss usage: ${amount(rss)}} `;
  if (report < 2) return basic;
  const { uss, pss } = memory.sharesOf(pid);
  return `${basic}{uss usage: ${amount(uss)}} {pss usage: ${amount(pss)}} `;
}

function amount(bytes: number): string {
  return `${bytes} bytes/${Math.floor(bytes / MB)}MB`;
}
