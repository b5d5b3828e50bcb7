import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { lastWords } from '../../last-words.ts'
import { Pinger } from '../ping.ts'
import type { RowContext, RowResult } from '../row.ts'
import type { Connection } from '@libp2p/interface'

/** Who the listener is, the handshake tells. */
export async function noPeerId ({ node, address, signal }: RowContext): Promise<RowResult> {
  const connection = await node.dial(address.decapsulate('/p2p'), { signal })
  await pingOnce(connection)
  const remotePeer = connection.remotePeer.toString()

  return { ok: address.toString().endsWith(`/p2p/${remotePeer}`), remotePeer }
}

/** A refusal of one dial must not be remembered against the right one. */
export async function wrongPeerId ({ node, address, signal }: RowContext): Promise<RowResult> {
  const stranger = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const wrong = address.decapsulate('/p2p').encapsulate(`/p2p/${stranger.toString()}`)
  const refused = await node.dial(wrong, { signal }).then(() => null, lastWords)

  if (refused == null) {
    return { ok: false, error: 'The listener passes for a peer that it is not', refused }
  }

  await pingOnce(await node.dial(address, { signal }))

  return { ok: true, refused }
}

async function pingOnce (connection: Connection): Promise<void> {
  const pinger = await Pinger.open(connection)
  await pinger.ping()
  await pinger.close()
}
