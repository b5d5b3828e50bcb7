/**
 * The router by itself, without streams, clock or chance, for simulations: sub-path `./router`. **Unstable**: it is the inside of the
 * service, and any release may change it. Applications need nothing of it.
 */
export { checkParams } from './params.ts'
export { featuresOf } from './protocols.ts'
export { decodeIds } from './router/encoded-ids.ts'
export { createRandom } from './router/random.ts'
export { Router } from './router/router.ts'
export type { GossipsubParams } from './params.ts'
export type { EncodedIds } from './router/encoded-ids.ts'
export type {
  Action, BytesInPieces, CachedMessage, Control, Event, IHave, PeerFeatures, PeerIdStr, PeerOrigin, Prune, RoutedMessage, SendReason, TopicStr, Verdict
} from './router/events.ts'
export type { Random } from './router/random.ts'
export type { RouterSizes } from './router/router.ts'
export type { RouterInit } from './router/state.ts'
