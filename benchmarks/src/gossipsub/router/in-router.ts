import { launchModule } from '../../processes/launch.ts'
import { PeerProcess } from '../../processes/peer-process.ts'
import type { Figure } from '../figures.ts'
import type { RouterFigureName, RouterVerbs } from './router-process.ts'

/** Measures a figure in a process of its own, in which nothing else was measured. */
export function inRouter (figure: RouterFigureName): Figure['measure'] {
  return async (contestant, { workload, timeoutMs }) => {
    const router = new PeerProcess<RouterVerbs>(launchModule(new URL('router-process.ts', import.meta.url), {}))

    try {
      return await router.call('measure', { contestant, figure, workload }, timeoutMs)
    } finally {
      await router.stop()
    }
  }
}
