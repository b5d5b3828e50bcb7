import { FrameFactory, MESSAGE_BYTES } from '../frames.ts'
import { ANONYMOUS, UNBOUNDED_CACHE } from '../pubsub-options.ts'
import { arrive, cpuOfArrivals, loopUsOf } from './feed.ts'
import { arrivalAt, COPIES, duplicatesOf, FORWARDS, forward, startMesh, uniqueArrivals } from './mesh.ts'
import { settled } from './stub-node.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { Workload } from '../workload.ts'
import type { Arrival } from './feed.ts'
import type { StubNode } from './stub-node.ts'

/** Payload of a large message: a small block's. */
export const LARGE_BYTES = 128 * 1_024

/** Before those that are measured, so that code is loaded and compiled: after so many a message takes as long as ever after. */
const WARM_UP_MESSAGES = 30_000
const LARGE_WARM_UP_MESSAGES = 1_000
/** So many are made and arrive before the next are made. */
const LARGE_WARM_UP_BATCH = 20

/** How many arrive in one turn of the event loop: one at a time, and in bursts. */
const PER_TURN = [1, 16]

/** Small messages that nobody has seen before. */
export async function measureUnique (create: PubsubFactory, { messages }: Workload): Promise<Record<string, number>> {
  const values: Record<string, number> = {}

  for (const perTurn of PER_TURN) {
    const node = await startMesh(create, ANONYMOUS)
    const warmUp = uniqueArrivals(node, WARM_UP_MESSAGES)
    const arrivals = uniqueArrivals(node, messages)
    const loopUs = await loopUsOf(arrivals, perTurn)
    await forward(node, warmUp, perTurn)

    const before = node.sent
    const cpuUs = await forward(node, arrivals, perTurn) - loopUs
    const after = node.sent
    const forwards = after.messages - before.messages
    await node.stop()

    values[`us${perTurn}`] = cpuUs / messages
    values[`sends${perTurn}`] = (after.sends - before.sends) / forwards
    values[`frames${perTurn}`] = (after.frames - before.frames) / forwards
  }

  return values
}

/** The same messages once more from three other mesh peers. */
export async function measureDuplicate (create: PubsubFactory, { messages }: Workload): Promise<Record<string, number>> {
  const values: Record<string, number> = {}
  const factory = new FrameFactory(MESSAGE_BYTES)

  for (const perTurn of PER_TURN) {
    const node = await startMesh(create, ANONYMOUS)
    const frames = Array.from({ length: WARM_UP_MESSAGES + messages }, () => factory.next())
    const uniques = frames.map((frame, i) => arrivalAt(node, i, frame))
    const warmUp = frames.flatMap((frame, i) => duplicatesOf(node, i, frame))
    const duplicates = warmUp.splice(WARM_UP_MESSAGES * (COPIES - 1))
    const loopUs = await loopUsOf(duplicates, perTurn)
    await forward(node, uniques, perTurn)
    await arrive(warmUp, perTurn)

    const { delivered } = node
    const cpuUs = await cpuOfArrivals(duplicates, perTurn, 'duplicates are dropped', () => true) - loopUs
    values[`us${perTurn}`] = cpuUs / duplicates.length

    if (node.delivered !== delivered) {
      throw new Error(`${node.delivered - delivered} duplicates were delivered`)
    }

    await node.stop()
  }

  return values
}

/** Large messages, each with its duplicates, which follow in turns of their own. */
export async function measureLarge (create: PubsubFactory, { largeMessages }: Workload): Promise<Record<string, number>> {
  const node = await startMesh(create, { ...ANONYMOUS, ...UNBOUNDED_CACHE })
  const factory = new FrameFactory(LARGE_BYTES)
  const arrivals = copiesOf(node, factory, largeMessages)
  const loopUs = await loopUsOf(arrivals, 1)

  for (let warm = 0; warm < LARGE_WARM_UP_MESSAGES; warm += LARGE_WARM_UP_BATCH) {
    await arrive(copiesOf(node, factory, LARGE_WARM_UP_BATCH), 1)
  }

  await settled('all is forwarded', () => node.sent.messages === LARGE_WARM_UP_MESSAGES * FORWARDS)
  const before = node.sent
  const cpuUs = await forward(node, arrivals, 1, largeMessages) - loopUs
  const after = node.sent
  await node.stop()

  return {
    us: cpuUs / largeMessages,
    sends: (after.sends - before.sends) / (largeMessages * FORWARDS)
  }
}

function copiesOf (node: StubNode, factory: FrameFactory, count: number): Arrival[] {
  return Array.from({ length: count }, (_, i) => {
    const frame = factory.next()

    return [arrivalAt(node, i, frame), ...duplicatesOf(node, i, frame)]
  }).flat()
}
