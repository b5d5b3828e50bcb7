import { COST_METRICS } from './cost.ts'
import type { Figure } from '../figures.ts'

/** Each dial ends with an upgraded connection, which is closed before the next. */
export const dials: Figure = {
  describe: ({ dials }) => `${dials} dials with upgrade and close, one after the other`,
  expectedBytes: () => ({ atServer: 0, atClient: 0 }),
  metrics: [
    {
      name: 'dials/s',
      isHigherBetter: true,
      isHeadline: true,
      goals: [{ atLeast: 1.5, of: 'chainsafe-quic' }],
      read: ({ values, wallSeconds }) => values.dials / wallSeconds
    },
    ...COST_METRICS
  ],
  prepare: async (client, [server], { dials }) => async () => {
    for (let i = 0; i < dials; i++) {
      const connection = await client.dial(server)
      await connection.close()
    }

    return { receivedBytes: 0, values: { dials } }
  }
}
