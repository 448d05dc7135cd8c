import { expect, test } from "vitest";
import { fifoOrders } from "../../../../src/launch/master/orders/fifo-letters.ts";

/** All letters of uWSGI 2.0.21's table. */
const known = "0123456789-+BcCEflLpPqQrRsSwW";

test("every letter of uWSGI's means something, and no other does", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  const meant = all.filter((letter) => fifoOrders(letter).orders.length === 1);
  expect(meant.join("")).toBe([...known].toSorted().join(""));
});

test("blanks and line ends mean nothing; what is unknown is told", () => {
  expect(fifoOrders("r \t\r\n")).toEqual({
    orders: [{ letter: "r", order: { do: "command", name: "reload" } }],
    unknown: "",
    dropped: 0,
  });
  expect(fifoOrders("xr\0")).toMatchObject({ orders: [{ letter: "r" }], unknown: "x\0" });
});

test("32 letters count at once", () => {
  const { orders, dropped } = fifoOrders("s".repeat(100));
  expect(orders).toHaveLength(32);
  expect(dropped).toBe(68);
});
