import { lastWords } from '../last-words.ts'
import type { Implementation } from './implementation.ts'
import type { Node } from './node.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface RowContext {
  node: Node
  /** Of the listener, with its peer id. */
  address: Multiaddr
  implementation: Implementation
  signal: AbortSignal
}

/** What a row found: whether all is right, and what else belongs into the report. */
export interface RowResult {
  ok: boolean
  /** Why it is not. */
  error?: string
  [detail: string]: unknown
}

/** The dialer's side of a row. */
export type Row = (context: RowContext) => Promise<RowResult>

export type RowReport = RowResult & { row: string }

/** Whatever goes wrong in a row is its report: the harness tells it from a program that did not run. */
export async function runRow (name: string, row: Row, context: RowContext): Promise<RowReport> {
  try {
    const result = await row(context)

    return { row: name, ...result, ...(result.ok ? {} : { error: result.error ?? 'not as it must be' }) }
  } catch (err) {
    return { row: name, ok: false, error: lastWords(err) }
  }
}
