// SPDX-License-Identifier: EUPL-1.2
// The connection to the server: one WebSocket with whole binary messages in both directions.

export interface ConnectionHandler {
  opened(): void;
  frame(frame: Uint8Array<ArrayBuffer>): void;
  closed(reason?: string): void;
}

/** A server that doesn't answer at all is given up after this. */
const CONNECT_WITHIN = 15_000;

export class Connection {
  private readonly socket: WebSocket;
  private ended = false;

  constructor(url: string, handler: ConnectionHandler) {
    this.socket = new WebSocket(`${url.replace(/^http/, "ws")}/connect`, "weibel");
    this.socket.binaryType = "arraybuffer";
    const limit = setTimeout(() => end("the server does not answer"), CONNECT_WITHIN);
    const end = (reason?: string): void => {
      clearTimeout(limit);
      if (!this.ended) {
        this.ended = true;
        this.socket.close();
        handler.closed(reason);
      }
    };
    this.socket.onopen = () => {
      clearTimeout(limit);
      if (!this.ended) {
        handler.opened();
      }
    };
    this.socket.onmessage = (event: MessageEvent<unknown>) => {
      if (this.ended) {
        return;
      }
      if (event.data instanceof ArrayBuffer) {
        handler.frame(new Uint8Array(event.data));
      } else {
        end("the server sent what this version does not understand");
      }
    };
    // What an error is, the browser keeps to itself.
    this.socket.onclose = () => end("the server cannot be reached");
    this.close = () => end();
  }

  /** Ends it; the handler hears of it at once. */
  readonly close: () => void;

  /** Ends it, and the handler hears nothing. */
  drop(): void {
    this.ended = true;
    this.socket.close();
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(frame);
    }
  }
}
