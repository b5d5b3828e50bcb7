import { setTimeout as delay } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { nextTurn } from '../router/stub-node.ts'
import { PLAYED_SLOT_MS } from './slot.ts'
import type { Delivery } from './slot.ts'

/** What a node reads in a turn of the event loop when it is behind. */
const PER_TURN = 256

const TICK_MS = 2
const TICKS_PER_HEAP_SAMPLE = 10

export interface Played {
  /** How late the event loop was, at each of many times at the same distance from each other: what waits is counted for as long as it waits. */
  lateMs: number[]
  /** The most that was in use, garbage among it. */
  peakHeapBytes: number
}

/** A slot, or silence, in its time. Whatever is due when the event loop comes round is delivered then, in order. */
export async function play (deliveries: Delivery[], deliver: (delivery: Delivery) => void, durationMs: number = PLAYED_SLOT_MS): Promise<Played> {
  const lateMs: number[] = []
  const startedMs = performance.now()
  let peakHeapBytes = 0
  let tick = 1
  let next = 0

  while (tick * TICK_MS <= durationMs || next < deliveries.length) {
    const nowMs = performance.now() - startedMs

    for (; tick * TICK_MS <= nowMs; tick++) {
      lateMs.push(nowMs - tick * TICK_MS)

      if (tick % TICKS_PER_HEAP_SAMPLE === 0) {
        peakHeapBytes = Math.max(peakHeapBytes, usedBytes())
      }
    }

    next += deliverDue(deliveries, next, nowMs, deliver)
    const isBehind = next < deliveries.length && deliveries[next].atMs <= nowMs
    await (isBehind ? nextTurn() : delay(Math.max(0, tick * TICK_MS - (performance.now() - startedMs))))
  }

  return { lateMs, peakHeapBytes }
}

/** The same as fast as it can, without a clock. */
export async function playAtOnce (deliveries: Delivery[], deliver: (delivery: Delivery) => void): Promise<void> {
  for (let next = 0; next < deliveries.length;) {
    next += deliverDue(deliveries, next, Infinity, deliver)
    await nextTurn()
  }
}

function deliverDue (deliveries: Delivery[], from: number, nowMs: number, deliver: (delivery: Delivery) => void): number {
  const end = Math.min(deliveries.length, from + PER_TURN)
  let i = from

  for (; i < end && deliveries[i].atMs <= nowMs; i++) {
    deliver(deliveries[i])
  }

  return i - from
}

/** On the heap and in buffers outside of it. */
export function usedBytes (): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()

  return heap + external
}
