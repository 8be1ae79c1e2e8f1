/** One WebRTC peer: a video receiver and the channel for what may be lost. */

import { h264Preferences } from "./codecs.ts";

/** ICE may recover from `disconnected` by itself for this long. */
const DISCONNECTED_MS = 2500;
const CONNECT_MS = 8000;

export interface PeerEvents {
  /** Connected: frames will follow. */
  up(): void;
  /** Lost for good; the reason is a word for the statistics. */
  down(reason: "failed" | "timeout"): void;
  /** Text from the lossy channel. */
  lossy(text: string): void;
}

/** Whether this browser can receive the room's picture at all. */
export function canReceive(): boolean {
  if (typeof RTCPeerConnection !== "function") return false;
  return h264Preferences(RTCRtpReceiver.getCapabilities("video")?.codecs) !== null;
}

export class Peer {
  readonly receiver: RTCRtpReceiver;
  private readonly connection: RTCPeerConnection;
  private readonly channel: RTCDataChannel;
  private timer: number | undefined;

  constructor(private readonly events: PeerEvents) {
    this.connection = new RTCPeerConnection({ iceServers: [] });
    const transceiver = this.connection.addTransceiver("video", { direction: "recvonly" });
    const codecs = h264Preferences(RTCRtpReceiver.getCapabilities("video")?.codecs);
    if (codecs !== null) transceiver.setCodecPreferences(codecs);
    this.receiver = transceiver.receiver;
    hurry(this.receiver);
    this.channel = this.connection.createDataChannel("lossy", {
      ordered: false,
      maxRetransmits: 0,
    });
    this.channel.onmessage = ({ data }) => {
      if (typeof data === "string") events.lossy(data);
    };
    this.connection.onconnectionstatechange = () => this.changed();
    this.giveUpAfter(CONNECT_MS, "timeout");
  }

  /** The offer to send. Candidates are not waited for: the server learns them from the checks. */
  async offer(): Promise<string> {
    await this.connection.setLocalDescription();
    return this.connection.localDescription?.sdp ?? "";
  }

  /** Take the server's answer, which holds all its candidates. */
  async answer(sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** Send over the lossy channel; whether it could be (it may still be lost). */
  sendLossy(text: string): boolean {
    if (this.channel.readyState !== "open" || this.channel.bufferedAmount > 16_384) return false;
    this.channel.send(text);
    return true;
  }

  get state(): RTCPeerConnectionState {
    return this.connection.connectionState;
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.connection.onconnectionstatechange = null;
    this.channel.onmessage = null;
    this.connection.close();
  }

  private changed(): void {
    switch (this.connection.connectionState) {
      case "connected":
        window.clearTimeout(this.timer);
        this.events.up();
        break;
      case "disconnected":
        this.giveUpAfter(DISCONNECTED_MS, "failed");
        break;
      case "failed":
      case "closed":
        this.events.down("failed");
        break;
      default:
        break;
    }
  }

  private giveUpAfter(ms: number, reason: "failed" | "timeout"): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.events.down(reason), ms);
  }
}

/** Ask the browser to show frames as they come: newest wins, nothing is smoothed. */
function hurry(receiver: RTCRtpReceiver): void {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
  if ("playoutDelayHint" in receiver) {
    (receiver as RTCRtpReceiver & { playoutDelayHint: number }).playoutDelayHint = 0;
  }
}
