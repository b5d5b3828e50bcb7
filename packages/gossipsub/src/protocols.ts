/**
 * The protocol ids that we speak, the preferred first, and what each lets us do. A new version is a new row; the rest of the
 * package asks for a feature by name.
 */
import type { PeerFeatures } from './router/events.ts'

interface Protocol {
  id: string
  features: PeerFeatures
}

const meshsub: Protocol[] = [
  // gossipsub-v1.2.md "Protocol Id"
  { id: '/meshsub/1.2.0', features: { mesh: true, px: true, idontwant: true } },
  // gossipsub-v1.1.md "Protocol extensions"
  { id: '/meshsub/1.1.0', features: { mesh: true, px: true, idontwant: false } },
  // gossipsub-v1.0.md "Protocol extension"
  { id: '/meshsub/1.0.0', features: { mesh: true, px: false, idontwant: false } }
]

const floodsub: Protocol = { id: '/floodsub/1.0.0', features: { mesh: false, px: false, idontwant: false } }

/** The newest protocol that we speak. */
export const multicodec: string = meshsub[0].id

/** The ids to announce, the preferred first. */
export function protocolIds (override: string[] | undefined, fallbackToFloodsub: boolean): string[] {
  const ids = override ?? meshsub.map(protocol => protocol.id)

  return [...new Set(fallbackToFloodsub ? [...ids, floodsub.id] : ids)]
}

/** An id that an application made up itself means the oldest meshsub. */
export function featuresOf (id: string): PeerFeatures {
  return [...meshsub, floodsub].find(protocol => protocol.id === id)?.features ?? meshsub[meshsub.length - 1].features
}
