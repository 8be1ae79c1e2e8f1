/** Keeps this page joined to the room: socket, peer, and both anew whenever either fails. */

import type { Answer, ClientMessage, ServerMessage, Welcome } from "../messages.gen.ts";
import { Backoff } from "./backoff.ts";
import { parseServerMessage } from "./guards.ts";
import { Peer, canReceive } from "./peer.ts";

/** The close code with which the server refuses a token for good. */
export const REFUSED_TOKEN = 4401;
const WELCOME_MS = 6000;

/** Why the page is not joined, as a key of what to tell the person. */
export type Trouble = "server" | "media" | "frames" | "gap" | "bye";

/** How the connection is. `refused` and `unsupported` are final. */
export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "joined" }
  | { readonly kind: "connected" }
  | { readonly kind: "waiting"; readonly trouble: Trouble; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unsupported" };

export interface LinkEvents {
  state(state: LinkState): void;
  /** Each message of the room, `welcome` first; answers are handled here. */
  message(message: Exclude<ServerMessage, Answer>): void;
  /** A new peer's picture. */
  receiver(receiver: RTCRtpReceiver): void;
}

export class Link {
  private readonly backoff = new Backoff();
  private socket: WebSocket | null = null;
  private peer: Peer | null = null;
  private timer: number | undefined;
  private seq = 0;
  /** The sentence of the last `Refused`: it says more than the word a socket closes with. */
  private lastReason = "";
  private current: LinkState = { kind: "connecting" };

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly rendition: () => string,
    private readonly events: LinkEvents,
  ) {
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => this.hurry());
  }

  get state(): LinkState {
    return this.current;
  }

  /** The peer's state in the browser's own word, for the statistics. */
  get connection(): string {
    return this.peer?.state ?? this.current.kind;
  }

  /** Begin; the page stays joined from now on. */
  start(): void {
    if (canReceive()) this.attempt();
    else this.enter({ kind: "unsupported" });
  }

  /** Send what must arrive; whether there was a socket to take it. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Send what may be lost; over the socket where `fallback` and the channel is not open yet. */
  sendLossy(message: ClientMessage, fallback: boolean): void {
    if (this.peer?.sendLossy(JSON.stringify(message)) !== true && fallback) this.send(message);
  }

  /** Frames are seen: the next failure is a new one, and is answered quickly. */
  proven(): void {
    this.backoff.reset();
  }

  /** Drop everything and join anew, after a short wait. */
  renew(trouble: Trouble, reason = ""): void {
    if (this.current.kind === "refused" || this.current.kind === "unsupported") return;
    this.drop();
    this.enter({ kind: "waiting", trouble, reason: this.lastReason || reason });
    this.timer = window.setTimeout(() => this.attempt(), this.backoff.next());
  }

  /** The network or the page came back: do not sit out a wait. */
  private hurry(): void {
    if (this.current.kind !== "waiting" || document.hidden) return;
    window.clearTimeout(this.timer);
    this.attempt();
  }

  private attempt(): void {
    this.drop();
    this.lastReason = "";
    if (this.current.kind !== "waiting") this.enter({ kind: "connecting" });
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.timer = window.setTimeout(() => this.renew("server"), WELCOME_MS);
    socket.onopen = () => this.send({ type: "hello", token: this.token });
    socket.onmessage = ({ data }) => {
      const message = typeof data === "string" ? parseServerMessage(data) : null;
      if (message !== null && this.socket === socket) this.receive(message);
    };
    socket.onclose = ({ code, reason }) => {
      if (this.socket !== socket) return;
      if (code === REFUSED_TOKEN) this.refuse(reason);
      else this.renew("server", reason);
    };
  }

  private receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.join(message);
        return;
      case "answer":
        this.peer?.answer(message.sdp).catch(() => this.renew("media"));
        return;
      case "event":
        if (message.seq !== this.seq + 1) {
          this.renew("gap");
          return;
        }
        this.seq = message.seq;
        break;
      case "refused":
        this.lastReason = message.reason;
        break;
      case "bye":
        this.renew("bye", message.reason);
        return;
      default:
        break;
    }
    this.events.message(message);
  }

  private join(welcome: Welcome): void {
    window.clearTimeout(this.timer);
    this.seq = welcome.seq;
    this.enter({ kind: "joined" });
    this.events.message(welcome);
    const peer = new Peer({
      up: () => this.enter({ kind: "connected" }),
      down: () => this.renew("media"),
      lossy: (text) => {
        const message = parseServerMessage(text);
        if (message?.type === "pong" || message?.type === "pointer") this.events.message(message);
      },
    });
    this.peer = peer;
    this.events.receiver(peer.receiver);
    peer
      .offer()
      .then((sdp) => this.send({ type: "offer", sdp, rendition: this.rendition() }))
      .catch(() => this.renew("media"));
  }

  private refuse(reason: string): void {
    const said = this.lastReason || reason;
    this.drop();
    this.enter({ kind: "refused", reason: said });
  }

  private drop(): void {
    window.clearTimeout(this.timer);
    const { socket, peer } = this;
    this.socket = null;
    this.peer = null;
    socket?.close();
    peer?.close();
  }

  private enter(state: LinkState): void {
    this.current = state;
    this.events.state(state);
  }
}
