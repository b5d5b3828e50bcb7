import { hkdfSync } from 'node:crypto'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { UnsupportedKeyTypeError } from '@libp2p/interface'
import type { NativeBinding } from './native.ts'
import type { PrivateKey } from '@libp2p/interface'

/** Host keys that this node can have (libp2p peer-ids spec; ECDSA is left out, as libp2p's own core does). */
const KEY_TYPES = ['Ed25519', 'secp256k1', 'RSA']

/** What the native side wants. */
const SECRET_BYTES = 32

/**
 * @throws {UnsupportedKeyTypeError} when the key can't be a host key
 */
export function checkKeyType (privateKey: PrivateKey): void {
  if (!KEY_TYPES.includes(privateKey.type)) {
    throw new UnsupportedKeyTypeError(`A QUIC node needs a private key of type ${KEY_TYPES.join(', ')}, not ${privateKey.type}`)
  }
}

/**
 * Makes the TLS identity of a node: the host key, which native code never sees, signs an ephemeral certificate key
 * (libp2p tls spec, "Peer Authentication"). The handle must be released.
 */
export async function createIdentity (native: NativeBinding, privateKey: PrivateKey): Promise<number> {
  const { key, toBeSigned } = native.tlsKeyGenerate()
  const signature = await privateKey.sign(toBeSigned)

  return native.identityCreate(key, publicKeyToProtobuf(privateKey.publicKey), signature)
}

/**
 * A secret that is the same whenever the node starts, and from which the host key can't be found (HKDF, RFC 5869): with it
 * peers of its former life are told at once that their connections are lost (RFC 9000 section 10.3.2).
 */
export function endpointSecret (privateKey: PrivateKey): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', privateKey.raw, '', '@quicmesh/quic-transport endpoint secret', SECRET_BYTES))
}
