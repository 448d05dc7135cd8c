import { describe, expect, test } from "vitest";
import { Exchange } from "../../../../src/launch/front/exchange/exchange.ts";
import { writeEnviron } from "../../../../src/launch/protocol/environ-map.ts";
import { dispatcherWith, FakeClient, upload } from "../fakes.ts";

describe("a request that is held", () => {
  test("reaches a core when it is released, with the environ that it is given then", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const before = writeEnviron(new Map([["PATH_INFO", "/before"]]), true);
    const after = writeEnviron(new Map([["PATH_INFO", "/after, longer"]]), true);
    const exchange = new Exchange(dispatcher, new FakeClient(), before, true, true, undefined);
    exchange.hold();
    exchange.submit();
    expect(cores[0]?.core.inFlight).toBe(0);
    exchange.release(after);
    expect(cores[0]?.core.inFlight).toBe(1);
    expect(exchange.frame).toBe(after);
  });

  test("gathers its body, and makes the client wait when that is large", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const { client, exchange } = upload(dispatcher);
    exchange.hold();
    exchange.body(Buffer.alloc(300 * 1024));
    expect(client.pauses).toBe(1);
    expect(cores[0]?.core.inFlight).toBe(0);
    exchange.release();
    expect(cores[0]?.core.inFlight).toBe(1);
    expect(exchange.streamed).toBe(true);
  });

  test("whose body is complete goes on with all of it", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const { exchange } = upload(dispatcher);
    exchange.hold();
    exchange.body(Buffer.from("abc"));
    exchange.endBody(true);
    expect(cores[0]?.core.inFlight).toBe(0);
    exchange.release();
    expect(cores[0]?.core.inFlight).toBe(1);
    expect(exchange.frame.subarray(-4).toString()).toBe("0abc");
    expect(exchange.frame.includes("CONTENT_LENGTH")).toBe(true);
  });

  test("is gone for good when its client is", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const { exchange } = upload(dispatcher);
    exchange.hold();
    exchange.endBody(false);
    exchange.abandon();
    exchange.release();
    expect(cores[0]?.core.inFlight).toBe(0);
  });

  test("and is answered without a core lets its client send the rest", () => {
    const { dispatcher, cores } = dispatcherWith(1);
    const { client, exchange } = upload(dispatcher);
    exchange.hold();
    exchange.body(Buffer.alloc(300 * 1024));
    exchange.claim();
    expect(client.pauses).toBe(0);
    exchange.body(Buffer.alloc(300 * 1024));
    exchange.endBody(false);
    expect(cores[0]?.core.inFlight).toBe(0);
    expect(exchange.answered).toBe(true);
  });
});
