import type { NetworkSettings, ProtocolVersion } from './settings.ts'

export interface ScaleSettings {
  nodes: number[]
  degrees: number[]
  messageBytes: number[]
  protocols: ProtocolVersion[]
  messages: number
  intervalMs: number
  validationMs: number
  windowBytes: number
  churnPercentPerMinute: number
  seed: number
  /** Most networks of one kind that are measured together. */
  maxNetworks: number
}

/** What is compared at each size of a network. */
export type Variant = Pick<NetworkSettings, 'degree' | 'messageBytes' | 'protocol'>

/** Nodes of all networks of one kind together, at least: in one small network it depends on chance where its nodes are. */
const NODES_TOGETHER = 1_000

/** Seeds of networks of one kind are next to each other, those of two runs are not. */
const SEEDS_PER_RUN = 1_000

export function variantsOf ({ degrees, messageBytes, protocols }: ScaleSettings): Variant[] {
  return degrees.flatMap(degree => messageBytes.flatMap(messageBytes => protocols.map(protocol => ({ degree, messageBytes, protocol }))))
}

/** The networks that are measured together. */
export function networksOf (settings: ScaleSettings, variant: Variant, nodes: number): NetworkSettings[] {
  const { messages, intervalMs, validationMs, windowBytes, churnPercentPerMinute, seed, maxNetworks } = settings
  const length = Math.min(maxNetworks, Math.ceil(NODES_TOGETHER / nodes))

  return Array.from({ length }, (_, number) => ({
    ...variant, nodes, messages, intervalMs, validationMs, windowBytes, churnPercentPerMinute, seed: seed * SEEDS_PER_RUN + number
  }))
}

export function variantName ({ degree, messageBytes, protocol }: Variant): string {
  return `${messageBytes} bytes, ${degree} connections, ${protocol === '1.2' ? 'IDONTWANT' : 'no IDONTWANT'}`
}
