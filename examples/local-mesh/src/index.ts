/**
 * N libp2p nodes in N processes that pass lines to each other by gossipsub over QUIC. See `USAGE` for how to call it.
 */
import { openInput } from './input.ts'
import { InvalidOptionsError, USAGE, parseOptions } from './options.ts'
import { Interruption, Session } from './session.ts'
import { JsonView } from './view/json-view.ts'
import { LiveView } from './view/live-view.ts'
import { PlainView } from './view/plain-view.ts'
import type { Input } from './input.ts'
import type { Options } from './options.ts'
import type { View } from './view/view.ts'

const EXIT_INVALID_OPTIONS = 2
/** 128 and the number of the signal, as shells count. */
const EXIT_SIGINT = 130
const EXIT_SIGPIPE = 141
const EXIT_SIGTERM = 143

try {
  const options = parseOptions(process.argv.slice(2))

  if (options === 'help') {
    process.stdout.write(USAGE)
  } else {
    process.exitCode = await run(options)
  }
} catch (err) {
  if (!(err instanceof InvalidOptionsError)) {
    throw err
  }

  process.stderr.write(`${err.message}\n\n${USAGE}`)
  process.exitCode = EXIT_INVALID_OPTIONS
}

async function run (options: Options): Promise<number> {
  const input = await openInput(options.file, process.stdin)
  const interruption = new AbortController()
  const session = new Session({ options, input, view: createView(options, input), signal: interruption.signal })

  const interrupt = (reason: string, exitCode: number): void => {
    if (interruption.signal.aborted) {
      session.kill()
    } else {
      interruption.abort(new Interruption(reason, exitCode))
    }
  }

  process.on('SIGINT', () => { interrupt('interrupted', EXIT_SIGINT) })
  process.on('SIGTERM', () => { interrupt('terminated', EXIT_SIGTERM) })
  // a reader that is gone (`npm start | head -1`)
  process.stdout.on('error', () => { interruption.abort(new Interruption('nobody reads the output', EXIT_SIGPIPE)) })

  const { exitCode } = await session.run()

  return exitCode
}

function createView (options: Options, input: Input): View {
  const write = (text: string): void => { process.stdout.write(text) }

  if (options.json) {
    return new JsonView(write)
  }

  return process.stdout.isTTY && !input.isTyped ? new LiveView(process.stdout) : new PlainView({ write, isTyped: input.isTyped })
}
