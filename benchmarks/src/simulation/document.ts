/** What `docs/scale.md` says of the results that were kept. */
import { formatText } from './report.ts'
import type { ScaleReport } from './report.ts'

/** From the root of the project. */
export const DOCUMENT = 'docs/scale.md'
export const PICTURE = 'docs/scale.svg'

export const PICTURE_TITLE = 'How latency, hops and duplicates grow with the number of nodes'

/** The document as a whole; nothing in it depends on when or where it is made. */
export function formatDocument (report: ScaleReport): string {
  return [
    '<!-- `npm run bench:scale -- --from benchmarks/results/scale.json --document` makes this. What is changed here by hand is lost. -->',
    '# Scale, simulated',
    '',
    ...INTRODUCTION,
    '',
    `![${PICTURE_TITLE}](scale.svg)`,
    '',
    formatText(report),
    '',
    ...READING
  ].join('\n') + '\n'
}

const INTRODUCTION = [
  'The router of `@quicmesh/gossipsub`, up to ten thousand of it in one process and in virtual time, on a map of eight regions. What the simulation',
  'models and what it leaves out is in [benchmarks](../benchmarks/README.md#scale). The same seed gives the same table, but for its last four columns.'
]

const READING = [
  '## How to read it',
  '',
  '- A law is a straight line over the logarithm of the number of nodes, by least squares; `off by` is its largest residual. R2 is the share of the',
  '  variance that it explains: near 0 for what does not grow, however well the line fits.',
  '- Networks of up to about 40 nodes are complete graphs at this number of connections, and the smallest have fewer nodes than a mesh wants peers: they are in the laws,',
  '  and are where these fit worst.',
  '- `direct` is what the latency would be from publisher to node straight, with nothing in its way. Latency has validation at each hop in it.',
  '- A copy comes by IWANT when a node hears of a message by gossip before it has it from its mesh: few of small messages, but about one of each large one, which is on its',
  '  way for half a heartbeat.',
  '- CPU is of the routers and of the simulation around them, with the garbage collector, less what the idle network takes. `idle` is the heartbeats.'
]
