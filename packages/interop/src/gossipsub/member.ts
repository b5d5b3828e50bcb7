import { SeededRandom } from './random.ts'
import type { ProtocolVersion } from '../../peers/js/gossipsub/pubsub.ts'

/** What a node of a mesh is. */
export interface Member {
  /** The name of its peer. */
  peer: string
  /** The highest version that it speaks; the newest of its own if absent. */
  protocolVersion?: ProtocolVersion
}

const NEWEST: ProtocolVersion = '1.2'

/** `go`, or `go@1.0`. */
export function memberName ({ peer, protocolVersion }: Member): string {
  return protocolVersion == null ? peer : `${peer}@${protocolVersion}`
}

/** `{quicmesh, go@1.0}` */
export function mixName (mix: readonly Member[]): string {
  return `{${mix.map(memberName).join(', ')}}`
}

/** Gives each node its program: as even as can be, none left out, in random order. */
export function assignMembers (mix: readonly Member[], nodeCount: number, seed: number): Member[] {
  return new SeededRandom(seed).shuffle(Array.from({ length: nodeCount }, (_, id) => mix[id % mix.length]))
}

/** What two nodes have to agree on. */
export function commonProtocol (a: Member, b: Member): string {
  const [lower] = [a.protocolVersion ?? NEWEST, b.protocolVersion ?? NEWEST].sort()

  return `/meshsub/${lower}.0`
}
