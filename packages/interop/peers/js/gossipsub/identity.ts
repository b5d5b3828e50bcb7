import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'

const SEED_BYTES = 32

/** Every node can work out the key of every other one: the id, little-endian, is the seed. */
export async function nodePrivateKey (nodeId: number): Promise<Ed25519PrivateKey> {
  const seed = new Uint8Array(SEED_BYTES)
  new DataView(seed.buffer).setBigUint64(0, BigInt(nodeId), true)

  return generateKeyPairFromSeed('Ed25519', seed)
}

export async function nodePeerId (nodeId: number): Promise<PeerId> {
  return peerIdFromPrivateKey(await nodePrivateKey(nodeId))
}
