/** An SCGI connection, as nginx's scgi_pass opens it. */
import { netstring, readVariables } from "../../protocol/scgi.ts";
import { HeadState, OneRequestConnection } from "./one-request.ts";

/** The request is one netstring, then the body. */
export class ScgiConnection extends OneRequestConnection {
  protected readHead(data: Buffer): number {
    const head = netstring(data);
    if (head === undefined) return HeadState.incomplete;
    if (head === false) {
      if (isCapital(data[0])) {
        this.refuseHttp("SCGI");
        return HeadState.refused;
      }
      return this.#refuseFor(400, "what came is not SCGI, which begins with a netstring");
    }
    const bytes = head.end - head.start;
    const { bufferSize } = this.context;
    if (bytes > bufferSize) {
      const complaint = `a request's variables have ${bytes} bytes, more than buffer-size = ${bufferSize}`;
      return this.#refuseFor(431, complaint);
    }
    if (data.length <= head.end) return HeadState.incomplete;
    if (!readVariables(data, head, this.variables)) {
      const complaint =
        "an SCGI request is not well-formed: CONTENT_LENGTH has to be the first variable, and SCGI has to be 1";
      return this.#refuseFor(400, complaint);
    }
    if (!this.variables.has("PATH_INFO")) {
      this.complain(
        "a request has no PATH_INFO, so it is taken for `/`; add `scgi_param PATH_INFO $document_uri;` in nginx",
      );
    }
    return head.end + 1;
  }

  #refuseFor(status: number, complaint: string): number {
    this.complain(complaint);
    this.refuse(status);
    return HeadState.refused;
  }
}

/** The first letter of an HTTP method; no protocol of web servers begins with one. */
export function isCapital(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}
