import type { RecordingHeader } from './recording-header.js';

/** What a recording says of itself, for the report. */
export function told({ scale, rope, k2Bias, v2Bias, lift, kvHeads }: RecordingHeader): string[] {
  const all = { scale, rope, k2_bias: k2Bias, v2_bias: v2Bias, lift, kv_heads: kvHeads?.join(' ') ?? null };
  return Object.entries(all).flatMap(([key, value]) => (value === null ? [] : [`${key} ${value}`]));
}

/** What a user must know before believing numbers of such a recording. */
export function caveats({ rope, lift }: RecordingHeader): string[] {
  return [
    ...(rope === null
      ? ['nothing says whether q and k were recorded after their rotation (--rope post) or before (pre)']
      : []),
    ...(rope === 'pre'
      ? ['q and k were recorded before their rotation: scores know no positions, unlike the model']
      : []),
    ...(lift === null
      ? []
      : [`side 2 was made by lift ${lift}: errors speak about the caches, not about a trained tensor model`]),
  ];
}
