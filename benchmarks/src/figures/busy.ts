import { ECHO_BYTES, ECHO_PROTOCOL, EchoClient } from '../protocols/echo.ts'
import { OtherWork } from '../protocols/other-work.ts'
import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { percentile } from '../statistics.ts'
import { cost } from './cost.ts'
import { dialTimes } from './dial-times.ts'
import { timeRoundTrips } from './echo.ts'
import { MESSAGE_BYTES } from './message.ts'
import { MB, megabytes } from './transfer.ts'
import type { Figure, Metric, RunResult } from '../figures.ts'
import type { Workload } from '../workload.ts'
import type { Connection } from '@libp2p/interface'

const MS_PER_SECOND = 1_000
const PERCENT = 100

/** For a quiet connection to answer: some hundred turns of the other work. */
const ANSWER_TIMEOUT_MS = 1_000

/** The shares of bytes and round trips that take no longer than a second; small messages hardly slow down. */
const SHARES = new Map([[0, 1], [50, 0.5], [90, 0.25]])

/** What is measured beside the other work. */
interface Measured extends Pick<Figure, 'describe' | 'expectedBytes' | 'metrics'> {
  prepare (connection: Connection, workload: Workload): Promise<() => Promise<RunResult>>
}

export const busyUpload = besideOtherWork({
  describe: ({ busyBytes }) => `up to ${megabytes(busyBytes)} from client to server on one stream`,
  expectedBytes: ({ busyBytes }) => ({ atServer: busyBytes, atClient: 0 }),
  metrics: [rate('MB/s', ({ atServer }) => atServer / MB)],
  prepare: async (connection, { busyBytes }) => {
    const stream = await connection.newStream(PERF_PROTOCOL)

    return async () => ({
      receivedBytes: await requestPerf(stream, { uploadBytes: busyBytes, downloadBytes: 0 })
    })
  }
})

export const busyMessages = besideOtherWork({
  describe: ({ busyMessages }) => `${busyMessages} sends of ${MESSAGE_BYTES} bytes from client to server on one stream`,
  expectedBytes: ({ busyMessages }) => ({ atServer: busyMessages * MESSAGE_BYTES, atClient: 0 }),
  metrics: [rate('messages/s', ({ atServer }) => atServer / MESSAGE_BYTES)],
  prepare: async (connection, { busyMessages }) => {
    const stream = await connection.newStream(PERF_PROTOCOL)

    return async () => ({
      receivedBytes: await requestPerf(stream, { uploadBytes: busyMessages * MESSAGE_BYTES, downloadBytes: 0, sendSize: MESSAGE_BYTES })
    })
  }
})

export const busyEcho = besideOtherWork({
  describe: ({ busyEchoes }) => `up to ${busyEchoes} round trips of ${ECHO_BYTES} bytes, one after the other on one open stream`,
  expectedBytes: ({ busyEchoes }) => ({ atServer: busyEchoes * ECHO_BYTES, atClient: busyEchoes * ECHO_BYTES }),
  metrics: [
    { ...cost('p50 us', ({ values }) => values.p50Us), isHeadline: true },
    { ...cost('p99 us', ({ values }) => values.p99Us), isHeadline: true },
    percentage('quiet connections that answer, %', 'quietAnswers', 'quietConnections')
  ],
  prepare: async (connection, { busyEchoes }) => {
    const echoClient = new EchoClient(await connection.newStream(ECHO_PROTOCOL))
    // carries the protocol negotiation, so it is not counted
    await echoClient.roundTrip()

    return async () => {
      const tripsUs = await timeRoundTrips(echoClient, busyEchoes)

      return {
        receivedBytes: tripsUs.length * ECHO_BYTES,
        values: { p50Us: percentile(tripsUs, 50), p99Us: percentile(tripsUs, 99) }
      }
    }
  }
})

/** The work, the control of it, and connections without traffic have connections of their own. */
function besideOtherWork ({ describe, expectedBytes, metrics, prepare }: Measured): Figure {
  return {
    describe: (workload) =>
      `${describe(workload)}, while the event loop of the server is busy with other work for a share of every 10 ms, and ${workload.quietConnections} connections have no traffic`,
    expectedBytes,
    needsEventLoop: true,
    sweep: {
      label: 'event loop busy with other work, %',
      scale: 'linear',
      values: [...SHARES.keys()],
      quickValues: [0, 90],
      apply: (workload, busyPercent) => {
        const share = (count: number): number => Math.ceil(count * (SHARES.get(busyPercent) ?? 1))
        const { busyBytes, busyEchoes } = workload

        return { ...workload, busyPercent, busyBytes: share(busyBytes), busyEchoes: share(busyEchoes) }
      }
    },
    // no wall time and no CPU: the other work is in both
    metrics: [
      ...metrics,
      percentage('other work done, %', 'turnsDone', 'turnsDue'),
      { ...cost('other work late, p99 ms', ({ values }) => values.lateP99Ms), isHeadline: true }
    ],
    prepare: async (client, [server], workload) => {
      const [control, measured, ...quiet] = await dialTimes(client, server, 2 + workload.quietConnections)
      const run = await prepare(measured, workload)

      return async () => {
        const work = await OtherWork.begin(control, workload.busyPercent)
        const started = performance.now()
        const result = await run()
        const seconds = (performance.now() - started) / MS_PER_SECOND
        const answers = await Promise.all(quiet.map(doesAnswer))
        const { done, due, lateP99Ms } = await work.end()

        return {
          ...result,
          values: {
            ...result.values,
            seconds,
            turnsDone: done,
            turnsDue: due,
            lateP99Ms,
            quietConnections: quiet.length,
            quietAnswers: answers.filter((isAnswer) => isAnswer).length
          }
        }
      }
    }
  }
}

/** With the stream of work that takes no time: its bytes are not counted. */
async function doesAnswer (connection: Connection): Promise<boolean> {
  try {
    const work = await OtherWork.begin(connection, 0, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    await work.end()

    return true
  } catch {
    return false
  }
}

function rate (name: string, count: (receivedBytes: { atServer: number }) => number): Metric {
  return {
    name,
    isHigherBetter: true,
    isHeadline: true,
    read: ({ receivedBytes, values }) => count(receivedBytes) / values.seconds
  }
}

function percentage (name: string, part: string, whole: string): Metric {
  return {
    name,
    isHigherBetter: true,
    isHeadline: true,
    isRatio: true,
    read: ({ values }) => values[part] / values[whole] * PERCENT
  }
}
