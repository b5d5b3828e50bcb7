import { setTimeout as delay } from 'node:timers/promises'
import { lastWords } from './last-words.ts'
import { ArgumentError, readArguments, USAGE } from './perf/arguments.ts'
import { runClient } from './perf/client.ts'
import { startServer } from './perf/server.ts'
import type { ServerArguments } from './perf/arguments.ts'

/*
 * The program `perf` of libp2p's test-plans: server or client of `/perf/1.0.0`; `peers/README.md` has its contract.
 */

/** A server that does not stop within is left alone. */
const STOP_MS = 500

try {
  const args = readArguments(process.argv.slice(2))

  if (args.isServer) {
    await runServer(args)
  } else {
    await runClient(args, (report) => { console.info(JSON.stringify(report)) })
  }

  process.exit(0)
} catch (err) {
  if (err instanceof ArgumentError) {
    console.error(USAGE)
  }

  console.error(lastWords(err))
  process.exit(1)
}

/** Until a signal ends it. */
async function runServer (args: ServerArguments): Promise<void> {
  const terminated = Promise.withResolvers<void>()

  for (const name of ['SIGTERM', 'SIGINT']) {
    process.on(name, () => { terminated.resolve() })
  }

  const node = await startServer(args)
  console.error(`listening on ${node.getMultiaddrs().join(' ')}`)
  await terminated.promise
  await Promise.race([node.stop(), delay(STOP_MS)])
}
