/**
 * A worker whose node dials the address in its data, says its peer id, and sends there without end while it is sent to, until
 * it is terminated.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { multiaddr } from '@multiformats/multiaddr'
import { Nodes } from '../../fixtures/nodes.ts'
import { sendForever } from '../fixtures/traffic.ts'

const { address }: { address: string } = workerData
const node = await new Nodes().listen()
const connection = await node.dial(multiaddr(address))
parentPort?.postMessage(node.peerId.toString())
await sendForever(connection, () => {})
