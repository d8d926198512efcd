/** Every peer by its name. */
import type { Kind, Make } from "./Peer.js"
import * as EffectOtel from "./peers/EffectOtel.js"
import * as EffectOtlp from "./peers/EffectOtlp.js"
import * as LruEffect from "./peers/LruEffect.js"
import * as LruOtel from "./peers/LruOtel.js"
import * as Native from "./peers/Native.js"
import * as Ours from "./peers/Ours.js"
import * as Untraced from "./peers/Untraced.js"

/** How each is started. */
export const peers: Record<Kind, Make> = {
  untraced: Untraced.make,
  native: Native.make,
  "effect-otel": EffectOtel.make,
  "lru-effect": LruEffect.make,
  "lru-otel": LruOtel.make,
  "effect-otlp": EffectOtlp.make,
  ours: Ours.make
}
