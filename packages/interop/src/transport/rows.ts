import { parsePingReport } from './ping-report.ts'
import { parseRowReport } from './row-report.ts'
import type { Abilities } from './abilities.ts'
import type { Dialect } from './dialect.ts'
import type { RowReport } from './row-report.ts'
import type { CellResult } from '../runner/cell.ts'

const STREAMS = 100
const TRANSFER_BYTES = 10 * 1_024 * 1_024
const HALF_CLOSE_BYTES = 65_536
const RESET_BYTES = 1_024
const KEEP_ALIVE_MS = 35_000

/** What the harness knows itself of a test. */
export interface Facts {
  dialer: Abilities
  listener: Abilities
  /** Out of the address that went through Redis. */
  listenerPeerId: string
  /** The last line that the dialer wrote for people. */
  lastWords: string
  /** From the start to the end of the dialer. */
  elapsedMs: number
}

/** Something that a dialer does with a listener, and how one tells that it went well. */
export interface Row {
  /** As in the contract of the peers, and in the environment of the dialer. */
  name: string
  /** Both suites have it: nothing is said of it in the environment. */
  isPing?: boolean
  /** @throws {Error} when the report is not what it must be */
  judge (output: string, facts: Facts): CellResult
}

/** Both suites have this one, each in its own words. */
export function pingRow (dialect: Dialect, name = 'ping'): Row {
  return {
    name,
    isPing: true,
    judge (output) {
      const { handshakePlusOneRttMs, pingRttMs } = parsePingReport(dialect, output)

      return { figures: { 'handshake + RTT, ms': handshakePlusOneRttMs, 'RTT, ms': pingRttMs } }
    }
  }
}

/** Those that neither suite has. */
export const ROWS: Row[] = [
  row('streams', ({ streams }) => {
    expectEqual('streams', streams, STREAMS)
  }),

  row('transfer', ({ uploadOk, downloadOk, downloadBytes }) => {
    expectEqual('uploadOk', uploadOk, true)
    expectEqual('downloadOk', downloadOk, true)
    expectEqual('downloadBytes', downloadBytes, TRANSFER_BYTES)
  }),

  row('half-close', ({ bytes }) => {
    expectEqual('bytes', bytes, HALF_CLOSE_BYTES)
  }),

  row('reset', ({ sentCode, observed }, { dialer, listener }) => {
    const { bytes, ended, code } = objectOf('observed', observed)

    expectEqual('sentCode', sentCode, dialer.resetCode)
    expectEqual('observed.bytes', bytes, RESET_BYTES)
    expectEqual('observed.ended', ended, 'reset')
    expectEqual('observed.code', code, listener.seesCode ? dialer.resetCode : null)
  }),

  row('reset-by-listener', ({ bytes, ended, code }, { dialer, listener }) => {
    expectEqual('bytes', bytes, RESET_BYTES)
    expectEqual('ended', ended, 'reset')
    expectEqual('code', code, dialer.seesCode ? listener.resetCode : null)
  }),

  row('stop-writing', ({ answer, writeEnded }) => {
    expectEqual('answer', answer, 'enough')
    expectEqual('writeEnded', writeEnded, true)
  }),

  row('no-peer-id', ({ remotePeer }, { listenerPeerId }) => {
    expectEqual('remotePeer', remotePeer, listenerPeerId)
  }),

  row('wrong-peer-id', ({ refused }, { dialer, listenerPeerId, lastWords }) => {
    if (typeof refused !== 'string' || refused === '') {
      throw new Error(`A dial of a wrong peer id must be refused, and the report says ${JSON.stringify(refused)}`)
    }

    const words = dialer.isRefusalForPeople === true ? lastWords : refused
    const [, found] = dialer.refusal.exec(words) ?? []

    if (found !== listenerPeerId) {
      throw new Error(`A dial of a wrong peer id must be refused because the listener is ${listenerPeerId}, and the dialer says: ${words}`)
    }
  }),

  row('keep-alive', ({ connections }, { elapsedMs }) => {
    expectEqual('connections', connections, 1)

    if (elapsedMs < KEEP_ALIVE_MS) {
      throw new Error(`The dialer was to be silent for ${KEEP_ALIVE_MS} ms, and was there for ${Math.round(elapsedMs)} ms`)
    }
  })
]

function row (name: string, judge: (report: RowReport, facts: Facts) => void): Row {
  return {
    name,
    judge (output, facts) {
      const report = parseRowReport(name, output)
      const isExcused = facts.dialer.cannotDial?.[name] != null

      if ('unsupported' in report) {
        if (!isExcused) {
          throw new Error(`The dialer says that it can't do this, and it must: ${String(report.unsupported)}`)
        }

        return { unsupported: String(report.unsupported) }
      }

      if (isExcused) {
        throw new Error('The dialer did what the table of abilities says that it can\'t do')
      }

      judge(report as RowReport, facts)

      return {}
    }
  }
}

function expectEqual (what: string, actual: unknown, expected: string | number | boolean | null | undefined): void {
  if (actual !== expected) {
    throw new Error(`${what} must be ${JSON.stringify(expected)}, and is ${JSON.stringify(actual)}`)
  }
}

function objectOf (what: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    throw new Error(`${what} must be an object, and is ${JSON.stringify(value)}`)
  }

  return value as Record<string, unknown>
}
