/** Chooses H.264 for the picture: the room is encoded once, in one codec. */

/**
 * The browser's receive codecs in the order to offer: H.264 Constrained Baseline with
 * packetization-mode 1, other H.264, then retransmission. Null where it cannot decode H.264.
 */
export function h264Preferences(
  codecs: readonly RTCRtpCodec[] | undefined,
): RTCRtpCodec[] | null {
  const all = codecs ?? [];
  const h264 = all.filter((codec) => codec.mimeType.toLowerCase() === "video/h264");
  if (h264.length === 0) return null;
  const retransmission = all.filter((codec) => codec.mimeType.toLowerCase() === "video/rtx");
  // Sorting is stable: within a rank the browser's own order stands.
  return [...h264.sort((a, b) => rank(a) - rank(b)), ...retransmission];
}

function rank(codec: RTCRtpCodec): number {
  const line = (codec.sdpFmtpLine ?? "").toLowerCase();
  const constrainedBaseline = /profile-level-id=42e0/.test(line) || /profile-level-id=42c0/.test(line);
  return (constrainedBaseline ? 0 : 2) + (/packetization-mode=1/.test(line) ? 0 : 1);
}
