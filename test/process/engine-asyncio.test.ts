/** Cores as greenlets beside asyncio's loop, through the built command. */
import { describeEngine } from "./engine-behaviour.ts";

describeEngine({ name: "asyncio", needed: "greenlet", options: [] });
