/**
 * A node of libp2p's gossipsub-interop. Does what `params.json` says, logs each arrival on standard output, and ends with the script.
 *
 *     node gossipsub.ts --params params.json [--transport tcp|quic-v1] [--protocol-version 1.0|1.1|1.2]
 *
 * `QLOG_DIR` is where our QUIC leaves a qlog of every connection.
 * `IMPLEMENTATION=chainsafe` has `@libp2p/gossipsub` over `@chainsafe/libp2p-quic` in the place of ours.
 */
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { listenAddress, nodeId, transports } from './gossipsub/addresses.ts'
import { GossipPeer } from './gossipsub/gossip-peer.ts'
import { nodePeerId, nodePrivateKey } from './gossipsub/identity.ts'
import { NodeLog } from './gossipsub/node-log.ts'
import { implementations, protocolVersions } from './gossipsub/pubsub.ts'
import { runScript } from './gossipsub/run-script.ts'
import { parseParams } from './gossipsub/script.ts'
import { lastWords } from './last-words.ts'

/** After SIGTERM. */
const EXIT_TIMEOUT_MS = 800

async function main (): Promise<void> {
  const { values } = parseArgs({
    options: {
      params: { type: 'string' },
      transport: { type: 'string', default: 'tcp' },
      'protocol-version': { type: 'string', default: '1.2' }
    }
  })

  if (values.params == null) {
    throw new Error('--params is missing')
  }

  const { script } = parseParams(await readFile(values.params, 'utf8'))
  const transport = oneOf('--transport', values.transport, transports)
  const protocolVersion = oneOf('--protocol-version', values['protocol-version'], protocolVersions)
  const implementation = oneOf('IMPLEMENTATION', process.env.IMPLEMENTATION ?? 'quicmesh', implementations)
  const id = nodeId(hostname(), process.env)
  const log = new NodeLog(line => process.stdout.write(line))
  log.peerId((await nodePeerId(id)).toString(), id)

  const peer = new GossipPeer({
    implementation,
    transport,
    protocolVersion,
    listen: listenAddress(transport, process.env),
    privateKey: await nodePrivateKey(id),
    qlogDirectory: process.env.QLOG_DIR,
    log,
    environment: process.env,
    // since the process began, loading its modules included: the nodes of a mesh are started at one moment
    elapsedMs: () => performance.now(),
    onProgress: line => { console.error(`${new Date().toISOString()} node${id} ${line}`) }
  })

  process.on('SIGTERM', () => {
    setTimeout(() => process.exit(0), EXIT_TIMEOUT_MS)
    void peer.stop().finally(() => process.exit(0))
  })

  await runScript(script, id, peer)
  await peer.stop()
}

function oneOf <Name extends string> (option: string, value: string, names: readonly Name[]): Name {
  const name = names.find(name => name === value)

  if (name == null) {
    throw new Error(`${option} is ${value}, none of ${names.join(', ')}`)
  }

  return name
}

main().then(() => process.exit(0), err => {
  console.error(lastWords(err))
  process.exit(1)
})
