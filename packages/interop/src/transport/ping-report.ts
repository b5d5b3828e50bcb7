import type { Dialect } from './dialect.ts'

export interface PingReport {
  handshakePlusOneRttMs: number
  pingRttMs: number
}

/** A handshake and a ping took less than a ping. On a busy machine that may be, once in a while. */
export class PingOrderError extends Error {
  static name = 'PingOrderError'
  name = 'PingOrderError'
}

const NUMBER = String.raw`(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)`

const UNIFIED = new RegExp(String.raw`^latency:\n {2}handshake_plus_one_rtt: ${NUMBER}\n {2}ping_rtt: ${NUMBER}\n {2}unit: ms\n?$`)

/**
 * What a dialer wrote to standard output, which is the report and nothing else.
 *
 * @throws {PingOrderError} when it can only be right on a busy machine
 * @throws {Error} when it is not that
 */
export function parsePingReport (dialect: Dialect, output: string): PingReport {
  const report = dialect === 'test-plans' ? parseJson(output) : parseYaml(output)
  const { handshakePlusOneRttMs, pingRttMs } = report

  for (const figure of [handshakePlusOneRttMs, pingRttMs]) {
    if (!Number.isFinite(figure) || figure <= 0) {
      throw new Error(`A ping takes some time, and not ${figure} ms: ${output.trim()}`)
    }
  }

  if (handshakePlusOneRttMs < pingRttMs) {
    throw new PingOrderError(`A handshake and a ping can't take less than a ping: ${output.trim()}`)
  }

  return report
}

function parseJson (output: string): PingReport {
  if (!/^\{[^\n]*\}\n?$/.test(output)) {
    throw new Error(`Not one line of JSON: ${JSON.stringify(output)}`)
  }

  // the three l's are in the protocol
  const { handshakePlusOneRTTMillis, pingRTTMilllis, ...rest } = JSON.parse(output) as Record<string, unknown>

  if (typeof handshakePlusOneRTTMillis !== 'number' || typeof pingRTTMilllis !== 'number' || Object.keys(rest).length > 0) {
    throw new Error(`Not a report of test-plans: ${output.trim()}`)
  }

  return { handshakePlusOneRttMs: handshakePlusOneRTTMillis, pingRttMs: pingRTTMilllis }
}

function parseYaml (output: string): PingReport {
  const [, handshake, ping] = UNIFIED.exec(output) ?? []

  if (ping == null) {
    throw new Error(`Not a report of unified-testing: ${JSON.stringify(output)}`)
  }

  return { handshakePlusOneRttMs: Number(handshake), pingRttMs: Number(ping) }
}
