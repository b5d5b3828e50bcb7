import { execFile, execFileSync } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findProgram } from './find-program.ts'
import type { Host } from './host.ts'

/** For programs in a namespace to end by SIGTERM, when it is removed. */
const TERM_TIMEOUT_MS = 3_000

/** For those to be gone that were killed. */
const KILL_TIMEOUT_MS = 2_000

/** For a cable between two namespaces to be up. */
const LINK_TIMEOUT_MS = 5_000

const POLL_MS = 25

/** Of the first end of a cable; the other gets the first number that is free in its namespace. */
const FIRST_INDEX = '100'

/** `ip` answers at once or not at all. */
const IP_TIMEOUT_MS = 10_000

/** `qm<pid of who made it>-<what for>`. */
const OWNED = /^qm(\d+)-/

/** Folders by the names of namespaces: what programs in them find in /etc. */
const FILES = '/etc/netns'

const execute = promisify(execFile)

/** Those that this process made and has not removed. */
const open = new Set<string>()

/** @throws {Error} with what `ip` says */
export async function ip (...args: string[]): Promise<string> {
  try {
    return (await execute(ipProgram(), args, { timeout: IP_TIMEOUT_MS })).stdout
  } catch (err) {
    const { stderr, message } = err as Error & { stderr?: string }

    throw new Error(`ip ${args.join(' ')}: ${stderr?.trim() ?? message}`, { cause: err })
  }
}

/**
 * A namespace whose loopback is up, gone when this process is.
 *
 * @param label - letters, digits and hyphens; unique in this process
 * @returns its name
 */
export async function addNamespace (label: string): Promise<string> {
  const name = `qm${process.pid}-${label}`

  await inTurn(async () => {
    await ip('netns', 'add', name)
    open.add(name)
  })
  await ip('-n', name, 'link', 'set', 'lo', 'up')

  return name
}

/** Some programs ask which addresses they have as soon as they run, and get those of interfaces that are up. */
async function untilUp (name: string): Promise<void> {
  const deadline = Date.now() + LINK_TIMEOUT_MS

  while (!(await ip('-n', name, 'link', 'show', 'eth0')).includes('state UP')) {
    if (Date.now() > deadline) {
      throw new Error(`eth0 of ${name} is not up after ${LINK_TIMEOUT_MS} ms`)
    }

    await delay(POLL_MS)
  }
}

/** Ends what runs in a namespace, and removes it; its interfaces go with it. */
export async function removeNamespace (name: string): Promise<void> {
  await endPrograms(name)
  await ip('netns', 'del', name)
  open.delete(name)
}

/** Joins two namespaces by a cable. */
export async function joinNamespaces (a: { name: string, address: string }, b: { name: string, address: string }): Promise<[Host, Host]> {
  // the kernel tells at once that a link is up when its two ends have different numbers, else after up to a second
  await ip('link', 'add', 'name', 'eth0', 'index', FIRST_INDEX, 'netns', a.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', b.name)

  for (const { name, address } of [a, b]) {
    await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    await ip('-n', name, 'link', 'set', 'eth0', 'up')
  }

  await Promise.all([a, b].map(async ({ name }) => untilUp(name)))

  return [namespaceHost(a.name, a.address), namespaceHost(b.name, b.address)]
}

export function namespaceHost (name: string, address: string): Host {
  return {
    name,
    address,
    isIsolated: true,
    inside: ({ file, args }) => ({ file: ipProgram(), args: ['netns', 'exec', name, file, ...args] })
  }
}

/** What has gone through a namespace's end of the cable since that was made, all headers included. */
export async function carriedBytes (name: string): Promise<{ receivedBytes: number, sentBytes: number }> {
  const [{ stats64: { rx, tx } }] = JSON.parse(await ip('-n', name, '-json', '-statistics', 'link', 'show', 'eth0'))

  return { receivedBytes: rx.bytes, sentBytes: tx.bytes }
}

/**
 * Removes what processes left that were killed before they could tidy up.
 *
 * @returns the names of those removed
 */
export async function removeLeftOvers (): Promise<string[]> {
  const namespaces = (await ip('netns', 'list')).split('\n')
  const folders = await readdir(FILES).catch(() => [])
  const leftOvers = [...new Set(leftOverNames([...namespaces, ...folders], isAlive))]

  for (const name of leftOvers) {
    // another run may be at it, too
    await removeNamespace(name).catch(() => {})
    await rm(join(FILES, name), { recursive: true, force: true })
  }

  return leftOvers
}

/**
 * @param lines - of `ip netns list`
 * @param isAlive - whether a process is there
 */
export function leftOverNames (lines: string[], isAlive: (pid: number) => boolean): string[] {
  return lines
    .map((line) => line.split(' ')[0])
    .filter((name) => {
      const owner = OWNED.exec(name)?.[1]

      return owner != null && !isAlive(Number(owner))
    })
}

/** Several may ask at once. */
let probes = 0

/**
 * Whether this user may make namespaces on this machine.
 *
 * @returns why not, else undefined
 */
export async function whyNoNamespaces (): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return `${process.platform} has no network namespaces`
  }

  if (findProgram('ip') == null) {
    return 'there is no program `ip` (Debian: apt-get install iproute2)'
  }

  if (process.getuid?.() !== 0) {
    return 'only root can make network namespaces'
  }

  try {
    const name = await addNamespace(`probe${probes++}`)

    try {
      await ip('netns', 'exec', name, 'true')
    } finally {
      await removeNamespace(name)
    }
  } catch (err) {
    return `root can't make network namespaces here: ${(err as Error).message}`
  }
}

// two `ip netns add` that are the first ones on a machine both mount the folder of the namespaces
let last: Promise<unknown> = Promise.resolve()

async function inTurn (work: () => Promise<void>): Promise<void> {
  const turn = last.then(work)
  last = turn.catch(() => {})

  await turn
}

async function endPrograms (name: string): Promise<void> {
  if (!await areGone(name, 'SIGTERM', TERM_TIMEOUT_MS)) {
    await areGone(name, 'SIGKILL', KILL_TIMEOUT_MS)
  }
}

async function areGone (name: string, signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  const told = new Set<number>()

  while (Date.now() < deadline) {
    const pids = await pidsIn(name)

    if (pids.length === 0) {
      return true
    }

    pids.filter((pid) => !told.has(pid)).forEach((pid) => {
      told.add(pid)
      endProcess(pid, signal)
    })

    await delay(POLL_MS)
  }

  return false
}

async function pidsIn (name: string): Promise<number[]> {
  const output = await ip('netns', 'pids', name)

  return output.split('\n').filter((line) => line !== '').map(Number)
}

function endProcess (pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it ended meanwhile
  }
}

function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)

    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function ipProgram (): string {
  const file = findProgram('ip')

  if (file == null) {
    throw new Error('There is no program `ip` (Debian: apt-get install iproute2)')
  }

  return file
}

process.on('exit', () => {
  for (const name of open) {
    try {
      const pids = execFileSync(ipProgram(), ['netns', 'pids', name], { encoding: 'utf8' })
      pids.split('\n').filter((line) => line !== '').forEach((pid) => { endProcess(Number(pid), 'SIGKILL') })
      execFileSync(ipProgram(), ['netns', 'del', name])
    } catch {
      // the next run removes it
    }
  }
})
