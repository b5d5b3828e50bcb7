import { CONTESTANT_NAMES } from '../contestants.ts'
import { FIGURE_NAMES, isMeasuredOf } from '../figures.ts'
import { figuresThat, quic } from './quic.ts'
import type { FigureName } from '../figures.ts'
import type { Suite } from '../suite.ts'
import type { Workload } from '../workload.ts'

const figures = figuresThat((figure) => figure.path != null)

/** The same contestants, with a long or lossy path between the two ends. */
export const net: Suite<Workload, FigureName> = {
  ...quic,
  name: 'net',
  title: 'Long and lossy paths',
  about: 'The same with a path between the two ends that delays and loses datagrams: a relay in a process of its own. It loses the same ones for every ' +
    'contestant of a round, and only while the clock runs.',
  contestants: CONTESTANT_NAMES.filter((contestant) => FIGURE_NAMES.filter((name) => name in figures).some((name) => isMeasuredOf(name, contestant))),
  figures,
  workloadOptions: []
}
