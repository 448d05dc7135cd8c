/** Cores as green threads of eventlet, through the built command. */
import { describeEngine } from "./engine-behaviour.ts";

describeEngine({
  name: "eventlet",
  needed: "eventlet",
  options: ["--eventlet-early-monkey-patch"],
});
