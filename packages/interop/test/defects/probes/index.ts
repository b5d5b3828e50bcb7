import { alsoProbes } from './also.ts'
import { meshProbes } from './mesh.ts'
import { messageProbes } from './messages.ts'
import { scoreProbes } from './scores.ts'
import { streamProbes } from './streams.ts'
import type { Probe } from '../probe.ts'

/** In the order of docs/defects.md. */
export const probes: Probe[] = [...meshProbes, ...messageProbes, ...scoreProbes, ...streamProbes]
  .sort((a, b) => Number(a.defect) - Number(b.defect))
  .concat(alsoProbes)
