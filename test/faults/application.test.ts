/** Applications that go wrong. */
import { provoke, tryFaults } from "./trial.ts";

tryFaults("the application", [
  { name: "segfault in a request", act: (subject) => provoke(subject, "/segfault") },
  { name: "os._exit in a request", act: (subject) => provoke(subject, "/exit") },
  {
    name: "out of memory (limit-as)",
    lines: ["limit-as = 512"],
    act: (subject) => provoke(subject, "/memory"),
  },
  {
    name: "deadlock, harakiri",
    lines: ["harakiri = 1"],
    act: (subject) => provoke(subject, "/deadlock"),
  },
  {
    name: "deadlock of one of two threads, harakiri",
    lines: ["harakiri = 1", "threads = 2", "harakiri-graceful-timeout = 1"],
    act: (subject) => provoke(subject, "/deadlock"),
  },
  {
    name: "descriptors used up by the application",
    act: (subject) => provoke(subject, "/descriptors"),
  },
]);
