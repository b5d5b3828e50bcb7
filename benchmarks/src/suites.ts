import { gossipsub } from './suites/gossipsub.ts'
import { net } from './suites/net.ts'
import { perf } from './suites/perf.ts'
import { quic } from './suites/quic.ts'
import type { Suite } from './suite.ts'

/** In the order in which `npm run bench` runs them, and the documents tell of them. */
export const SUITES: Suite[] = [quic, net, perf, gossipsub]
