import { appendFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findProgram } from './net/find-program.ts'
import { facilities } from './net/network.ts'
import { buildNetsim } from './netsim/build-netsim.ts'
import { whyNoNetsim } from './netsim/why-no-netsim.ts'
import { OptionsError, parseOptions, USAGE } from './options.ts'
import { BuiltPeers } from './peers/build-peers.ts'
import { PEERS } from './peers/index.ts'
import { MissingToolchainError } from './peers/peer.ts'
import { box, outcomeLines, summaryText } from './report/console.ts'
import { writeDocument } from './report/document.ts'
import { readEnvironment } from './report/environment.ts'
import { saveResults } from './report/results.ts'
import { countOutcomes, isCrossTested } from './runner/outcome.ts'
import { runCells } from './runner/run-cells.ts'
import { allCells, selectCells } from './suites.ts'
import type { InteropOptions } from './options.ts'
import type { Peer } from './peers/peer.ts'
import type { Results } from './report/results.ts'
import type { Cell, SuiteName } from './runner/cell.ts'
import type { Outcome } from './runner/outcome.ts'

const CHECKOUT = resolve(import.meta.dirname, '../../..')

/** What the exit code says. */
const EXIT = { passed: 0, failed: 1, wrongOptions: 2, missingToolchain: 3, nothingTested: 4, interrupted: 130 }

/** Both sides of their cells meet in a Redis. */
const SUITES_WITH_REDIS: SuiteName[] = ['transport', 'container']

/** npm passes on a signal that the whole process group has got already: the same one again, so soon, asks for nothing more. */
const SIGNAL_ECHO_MS = 2_000

process.exitCode = await main(process.argv.slice(2))

async function main (args: string[]): Promise<number> {
  let options: InteropOptions

  try {
    options = parseOptions(args)
  } catch (err) {
    if (!(err instanceof OptionsError)) {
      throw err
    }

    process.stderr.write(`${err.message}\n\n${USAGE}`)

    return EXIT.wrongOptions
  }

  if (options.isHelp) {
    process.stdout.write(USAGE)

    return EXIT.passed
  }

  const cells = selectCells(allCells(PEERS, options.seed), options)

  if (options.isListOnly) {
    cells.forEach(({ id }) => { say(id) })

    return EXIT.passed
  }

  return run(cells, options)
}

async function run (cells: Cell[], options: InteropOptions): Promise<number> {
  if (!options.isBuildOnly && cells.some(({ suite }) => SUITES_WITH_REDIS.includes(suite)) && findProgram('redis-server') == null) {
    say(box(['FAILED: redis-server was not found, and both sides of a cell meet there.', 'Install it, then run this again:  npm run setup -- --only tools']))

    return EXIT.missingToolchain
  }

  const environment = readEnvironment()
  const folder = options.out == null ? join(CHECKOUT, '.cache/interop', environment.date.replaceAll(':', '.')) : resolve(process.env.INIT_CWD ?? '.', options.out)
  await mkdir(folder, { recursive: true })
  const interruption = interrupted()
  say(`${cells.length} cells, seed ${options.seed}, logs in ${folder}`)

  const needed = new Set(cells.flatMap(({ needs }) => needs.map(({ peer }) => peer)))
  const wanted = PEERS.filter(({ name, toolchain }) => needed.has(name) || options.required.includes(toolchain))
  const onBuildProgress = buildProgress(join(folder, 'build.log'))
  const peers = await buildAll(cells, wanted, onBuildProgress, interruption)

  if (peers == null) {
    return EXIT.interrupted
  }

  const notice = gaps(peers, (await facilities()).notices)
  notice.forEach(say)

  if (options.isBuildOnly) {
    return exitCodeOf([], peers, options)
  }

  const outcomes = await runCells(cells, {
    ...options,
    logs: folder,
    peers,
    signal: interruption,
    onOutcome: (outcome) => { outcomeLines(outcome).forEach(say) }
  })
  const results: Results = {
    environment,
    versions: Object.fromEntries(wanted.map(({ name, versions }) => [name, versions])),
    missingToolchains: [...peers.missingToolchains],
    buildFailures: Object.fromEntries(peers.failures),
    seed: options.seed,
    profile: options.profile,
    ignored: options.ignore,
    outcomes
  }
  await saveResults(folder, results)

  if (options.isDocumented && interruption.aborted) {
    say('docs/interop.md is left as it was: the run was ended.')
  } else if (options.isDocumented) {
    await writeDocument(join(CHECKOUT, 'docs/interop.md'), results)
  }

  say(`\nresults in ${folder}`)
  notice.forEach(say)
  const exitCode = interruption.aborted ? EXIT.interrupted : exitCodeOf(outcomes, peers, options)
  say(summaryText(outcomes))

  return exitCode
}

function exitCodeOf (outcomes: Outcome[], { missingToolchains, failures }: BuiltPeers, { required, isBuildOnly }: InteropOptions): number {
  if (countOutcomes(outcomes).failed > 0 || failures.size > 0) {
    return EXIT.failed
  }

  const missing = required.filter((name) => missingToolchains.has(name))

  if (missing.length > 0) {
    say(`Required and not here: ${missing.join(', ')}`)

    return EXIT.missingToolchain
  }

  if (!isBuildOnly && !outcomes.some(isCrossTested)) {
    say('No cell of ours and another implementation was run: this proves nothing.')

    return EXIT.nothingTested
  }

  return EXIT.passed
}

function gaps (peers: BuiltPeers, notices: string[]): string[] {
  const lines = [
    ...notices,
    ...[...peers.missingToolchains].map((name) => `NOT TESTED: there is no toolchain for ${name} here; all its cells are left out.`),
    ...[...peers.failures].map(([name, reason]) => `FAILED: ${name} does not build: ${reason.split('\n')[0]}`)
  ]

  return lines.length === 0 ? [] : [box(lines)]
}

/** Nothing, if the run was ended meanwhile. */
async function buildAll (cells: Cell[], wanted: Peer[], onProgress: (peer: string, line: string) => void, signal: AbortSignal): Promise<BuiltPeers | undefined> {
  try {
    const peers = await BuiltPeers.build(wanted, onProgress, signal)

    // where there can be no such network it need not build
    if (cells.some(({ suite }) => suite === 'gossipsub') && await whyNoNetsim() == null) {
      await buildNetwork(peers, (line) => { onProgress('netsim', line) }, signal)
    }

    return peers
  } catch (err) {
    if (!signal.aborted) {
      throw err
    }
  }
}

/** What cells would build in their own time. Where there is nothing to build it with, they say so. */
async function buildNetwork (peers: BuiltPeers, onProgress: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    await buildNetsim(onProgress, signal)
  } catch (err) {
    signal.throwIfAborted()

    if (!(err instanceof MissingToolchainError)) {
      peers.failures.set('netsim', (err as Error).message)
    }
  }
}

/** Says what it builds once, and then a line every few seconds; the whole output goes to the log. */
function buildProgress (log: string): (peer: string, line: string) => void {
  const intervalMs = 5_000
  let current = ''
  let saidAtMs = 0

  return (peer, line) => {
    appendFileSync(log, `${peer}: ${line}\n`)
    const now = performance.now()

    if (peer !== current || now - saidAtMs > intervalMs) {
      say(`  build ${peer}: ${line.slice(0, 120)}`)
      current = peer
      saidAtMs = now
    }
  }
}

/** Aborted by SIGINT or SIGTERM: what runs is ended in order, and what is known by then is reported. Asked once more it ends at once. */
function interrupted (): AbortSignal {
  const controller = new AbortController()
  let endedAtMs: number | undefined

  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    endedAtMs ??= now

    if (now - endedAtMs > SIGNAL_ECHO_MS) {
      process.exit(EXIT.interrupted)
    }

    controller.abort(new Error(`Ended by ${signal}`))
  }

  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)

  return controller.signal
}

function say (line: string): void {
  process.stdout.write(`${line}\n`)
}
