/** A program that sends so many MiB on one stream between two nodes of its own, and watches its memory meanwhile. */

import { pEvent } from 'p-event'
import { Nodes, openStream } from '../../fixtures/nodes.ts'
import { sample } from '../fixtures/sample.ts'
import type { Stream } from '@libp2p/interface'

const MIB = 1024 * 1024
const CHUNK_BYTES = 64 * 1024
const WATCH_INTERVAL_MS = 20

export interface TransferReport {
  receivedBytes: number
  /** Resident memory before, and the most meanwhile, in bytes. */
  before: number
  most: number
}

const totalBytes: number = JSON.parse(process.argv[2]) * MIB
const nodes = new Nodes()
const pair = await nodes.pair()
await transfer(totalBytes / 10)
const { rss: before } = await sample()
let most = before
const watch = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()) }, WATCH_INTERVAL_MS)
const receivedBytes = await transfer(totalBytes)
clearInterval(watch)
await nodes.stop()
process.send?.({ receivedBytes, before, most } satisfies TransferReport)

async function transfer (byteLength: number): Promise<number> {
  const [local, remote] = await openStream(pair)
  const receiving = count(remote)
  const chunk = new Uint8Array(CHUNK_BYTES)

  for (let sentBytes = 0; sentBytes < byteLength; sentBytes += CHUNK_BYTES) {
    if (!local.send(chunk)) {
      await pEvent(local, 'drain')
    }
  }

  await local.close()

  return receiving
}

async function count (stream: Stream): Promise<number> {
  let receivedBytes = 0

  for await (const part of stream) {
    receivedBytes += part.byteLength
  }

  return receivedBytes
}
