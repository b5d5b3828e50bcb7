import { carriedBytes } from '../net/namespaces.ts'
import { PerfLab } from './perf-lab.ts'
import type { TransportName } from './perf-lab.ts'
import type { Workload } from './perf-report.ts'
import type { CellContext, CellResult } from '../runner/cell.ts'

/** No multiples of anything, so that a chunk too few or too many is noticed. */
const WORKLOADS: Workload[] = [
  { uploadBytes: 0, downloadBytes: 0 },
  { uploadBytes: 0, downloadBytes: 1 },
  { uploadBytes: 3_000_017, downloadBytes: 0 },
  { uploadBytes: 0, downloadBytes: 3_000_017 },
  { uploadBytes: 1_000_003, downloadBytes: 2_000_003 }
]

/**
 * That all bytes that were asked for come, and no more: as the client counts them, as the server does, and, where each host is a namespace,
 * as the kernel counts what the cable carried.
 *
 * @throws {Error} when they do not
 */
export async function runExact (client: string, server: string, transport: TransportName, context: CellContext): Promise<CellResult> {
  return PerfLab.with({ servers: [server], transport, hasQlog: true }, context, async (lab) => {
    await lab.untilReady(client, server)

    for (const workload of WORKLOADS) {
      const before = await carried(lab)
      await lab.run(client, server, workload)
      await lab.expectCounted(server, workload)
      expectCarried(workload, before, await carried(lab))
    }

    return {}
  })
}

/** @throws {Error} when the cable carried less than the client says that it sent or got */
export function expectCarried ({ uploadBytes, downloadBytes }: Workload, before?: Carried, after?: Carried): void {
  if (before == null || after == null) {
    return
  }

  const up = after.sentBytes - before.sentBytes
  const down = after.receivedBytes - before.receivedBytes

  if (up < uploadBytes || down < downloadBytes) {
    throw new Error(`The client says that ${uploadBytes} bytes went up and ${downloadBytes} down, and the cable carried ${up} and ${down}`)
  }
}

type Carried = Awaited<ReturnType<typeof carriedBytes>>

async function carried ({ network }: PerfLab): Promise<Carried | undefined> {
  return network.mode === 'namespaces' ? carriedBytes(network.dialer.name) : undefined
}
