/** The public script: each scenario drives an implementation and returns what it saw as plain data. */
import * as lifecycle from './lifecycle.ts'
import * as metrics from './metrics.ts'
import * as peers from './peers.ts'
import * as publishing from './publishing.ts'
import * as validation from './validation.ts'
import type { PubsubFactory } from '../nodes.ts'

export const scenarios: Record<string, (create: PubsubFactory) => Promise<unknown>> = { ...lifecycle, ...publishing, ...validation, ...peers, ...metrics }
