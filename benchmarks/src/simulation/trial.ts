import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Network } from './network.ts'
import { REGIONS } from './regions.ts'
import { DRAIN_MS, IDLE_MS, WARM_UP_MS } from './settings.ts'
import { Traffic } from './traffic.ts'
import type { SimulatedMessage } from './message.ts'
import type { NetworkSettings } from './settings.ts'

/** What one network did, and what that cost. The same settings give the same `Trial`, but for `cost`. */
export interface Trial {
  /**
   * Pairs of a message and a node, other than its publisher, that was up all the time since it was published. A message that nobody but a
   * publisher that crashed ever had does not count.
   */
  expected: number
  delivered: number
  /** From publishing to delivery, ms. */
  latenciesMs: number[]
  /** How long a message would have taken to the same nodes straight from the publisher, with nothing in its way, ms. */
  directMs: number[]
  /** By how many links each first copy came. */
  hops: number[]
  /** Of the time in which messages were about. */
  traffic: Traffic
  /** Of the time before, in which none was. */
  idleTraffic: Traffic
  /** Peers in a mesh, over all nodes, when the messages began. */
  meshSize: { min: number, mean: number, max: number }
  /** ms of virtual time. */
  idleMs: number
  loadedMs: number
  cost: Cost
}

/** CPU is user and system time of all threads of the process: the routers, the simulation around them, and the garbage collector. */
export interface Cost {
  idleCpuUs: number
  loadedCpuUs: number
  /** Growth of the heap and of what is outside of it by the whole network, meshes and all. */
  memoryBytes: number
  wallMs: number
}

/** Leads one network through warm-up, messages and what follows on them. */
export function runTrial (settings: NetworkSettings): Trial {
  const startMs = performance.now()
  const memoryBefore = usedBytes()
  const network = new Network(settings)
  network.run(WARM_UP_MS - IDLE_MS)

  const idle = measure(network, IDLE_MS)
  const meshSize = meshSizes(network)
  // after the idle time, whose garbage would have to be collected again
  const memoryBytes = usedBytes() - memoryBefore

  network.startChurn()

  network.publishers(settings.messages).forEach((node, i) => { network.publishAfter(i * settings.intervalMs, node) })

  const loadedMs = (settings.messages - 1) * settings.intervalMs + DRAIN_MS
  const loaded = measure(network, loadedMs)

  return {
    ...deliveries(network),
    traffic: loaded.traffic,
    idleTraffic: idle.traffic,
    meshSize,
    idleMs: IDLE_MS,
    loadedMs,
    cost: { idleCpuUs: idle.cpuUs, loadedCpuUs: loaded.cpuUs, memoryBytes, wallMs: performance.now() - startMs }
  }
}

function measure (network: Network, ms: number): { traffic: Traffic, cpuUs: number } {
  network.traffic.reset()
  const before = process.cpuUsage()
  network.run(ms)
  const { user, system } = process.cpuUsage(before)

  return { traffic: Object.assign(new Traffic(), network.traffic), cpuUs: user + system }
}

function deliveries (network: Network): Pick<Trial, 'expected' | 'delivered' | 'latenciesMs' | 'directMs' | 'hops'> {
  const latenciesMs: number[] = []
  const directMs: number[] = []
  const hops: number[] = []
  let expected = 0

  for (const message of network.messages.filter(message => !hasDiedWithPublisher(network, message))) {
    for (const { index, region } of network.nodes.filter(node => isExpected(node, message))) {
      const deliveredAtMs = message.deliveredAtMs[index]
      expected++

      if (!Number.isNaN(deliveredAtMs)) {
        latenciesMs.push(deliveredAtMs - message.publishedAtMs)
        directMs.push(REGIONS[network.nodes[message.publisher].region].latenciesMs[region])
        hops.push(message.hops[index])
      }
    }
  }

  return { expected, delivered: latenciesMs.length, latenciesMs, directMs, hops }
}

function hasDiedWithPublisher ({ nodes }: Network, { publisher, publishedAtMs, deliveredAtMs }: SimulatedMessage): boolean {
  return nodes[publisher].upSinceMs > publishedAtMs && deliveredAtMs.every(Number.isNaN)
}

function isExpected (node: { index: number, upSinceMs: number }, { publisher, publishedAtMs }: SimulatedMessage): boolean {
  return node.index !== publisher && node.upSinceMs <= publishedAtMs
}

function meshSizes (network: Network): Trial['meshSize'] {
  const sizes = network.nodes.map(({ router }) => [...router.mesh.values()].reduce((sum, { size }) => sum + size, 0))

  return {
    min: sizes.reduce((least, size) => Math.min(least, size), Infinity),
    mean: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    max: sizes.reduce((most, size) => Math.max(most, size), 0)
  }
}

/** What is in use once there is no garbage. */
function usedBytes (): number {
  collectGarbage()
  const { heapUsed, external } = memoryUsage()

  return heapUsed + external
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
