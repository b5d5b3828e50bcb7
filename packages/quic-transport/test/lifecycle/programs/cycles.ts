/**
 * A program that starts a node, which listens, and stops it, over and over; every so often another node dials it. Needs
 * `--expose-gc`.
 */

import { Nodes, openStream, readAll, sendAll } from '../../fixtures/nodes.ts'
import { sample } from '../../memory/fixtures/sample.ts'
import type { Sample } from '../../memory/fixtures/sample.ts'

export interface CyclesArgument {
  rounds: number
  cyclesPerRound: number
}

export interface CyclesReport {
  /** Cycles in which something was sent and received. */
  exchanges: number
  /** After each round. */
  samples: Sample[]
}

const CYCLES_PER_DIAL = 10
const MESSAGE_BYTES = 10_000

const { rounds, cyclesPerRound }: CyclesArgument = JSON.parse(process.argv[2])
const samples: Sample[] = []
let exchanges = 0

for (let i = 0; i < rounds; i++) {
  await run(cyclesPerRound)
  samples.push(await sample())
}

process.send?.({ exchanges, samples } satisfies CyclesReport)

async function run (count: number): Promise<void> {
  const nodes = new Nodes()

  for (let i = 0; i < count; i++) {
    if (i % CYCLES_PER_DIAL === 0) {
      await exchange(nodes)
    } else {
      await nodes.listen()
    }

    await nodes.stop()
  }
}

async function exchange (nodes: Nodes): Promise<void> {
  const [local, remote] = await openStream(await nodes.pair())
  const [received] = await Promise.all([readAll(remote), sendAll(local, new Uint8Array(MESSAGE_BYTES)), remote.close()])
  exchanges += received.byteLength === MESSAGE_BYTES ? 1 : 0
}
