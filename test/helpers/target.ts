import { connect, type Socket } from "node:net";

/** Where a test connects: a port of 127.0.0.1, or the path of a Unix socket. */
export type Target = number | string;

/** A connected socket, or the error that the connection met (ECONNREFUSED, ENOENT, …). */
export function open(target: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      typeof target === "number" ? connect(target, "127.0.0.1") : connect({ path: target });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
