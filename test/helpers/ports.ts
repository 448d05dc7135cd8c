import { createServer } from "node:net";

/**
 * A TCP port of 127.0.0.1 that nothing listens on. The kernel hands such ports out in turn,
 * so another test that asks at the same moment gets another one.
 */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error("no free port");
  return port;
}

/** Several ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdPort));
  await Promise.all(held.map(({ release }) => release()));
  return held.map(({ port }) => port);
}

interface HeldPort {
  readonly port: number;
  readonly release: () => Promise<void>;
}

function holdPort(): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string")
        return reject(new Error("no TCP address"));
      const release = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ port: address.port, release });
    });
  });
}
