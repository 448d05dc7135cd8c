/** A uwsgi-protocol connection, as nginx's uwsgi_pass opens it. */
import {
  looksLikeHttp,
  PACKET_HEADER,
  type PacketHead,
  packetHead,
  readPacket,
} from "../../protocol/uwsgi.ts";
import { HeadState, OneRequestConnection } from "./one-request.ts";

/** Python's modifier, and the old one for "manage the script name", which nginx configurations still send. */
const MODIFIERS = new Set([0, 30]);

/** The request is one packet, then the body. */
export class UwsgiConnection extends OneRequestConnection {
  #head: PacketHead | undefined;

  protected readHead(data: Buffer): number {
    this.#head ??= packetHead(data);
    const head = this.#head;
    if (head === undefined) return HeadState.incomplete;
    if (looksLikeHttp(data)) {
      this.refuseHttp("uwsgi");
      return HeadState.refused;
    }
    const end = PACKET_HEADER + head.size;
    const fault = this.#fault(head);
    if (fault === undefined) {
      if (data.length < end) return HeadState.incomplete;
      if (readPacket(data.subarray(PACKET_HEADER, end), this.variables)) return end;
    }
    const [status, complaint] = fault ?? [400, "a uwsgi packet is not well-formed"];
    this.complain(complaint);
    this.refuse(status);
    return HeadState.refused;
  }

  #fault({ modifier1, size }: PacketHead): readonly [number, string] | undefined {
    if (!MODIFIERS.has(modifier1)) {
      return [501, `a uwsgi packet asks for modifier ${modifier1}; only 0 (Python) is served`];
    }
    if (size <= this.context.bufferSize) return undefined;
    return [
      431,
      `a request's variables have ${size} bytes, more than buffer-size = ${this.context.bufferSize}`,
    ];
  }
}
