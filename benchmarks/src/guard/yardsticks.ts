import { readFile } from 'node:fs/promises'
import { CONTESTANTS } from '../contestants.ts'
import { packageVersions } from '../environment.ts'
import { CONTESTANTS as ROUTERS } from '../gossipsub/contestants.ts'

/** Version by the name of a package or a crate. */
export type Versions = Record<string, string>

/**
 * What makes a yardstick as fast as it is; not what runs below ours as well, as Node.js and libp2p do below those of npm, and the Rust compiler and the
 * transport's own TLS below raw-quinn.
 */
const PARTS = {
  'raw-quinn': { crates: ['quinn', 'quinn-proto', 'quinn-udp', 'rustls', 'ring'], packages: [] },
  'tcp-noise-yamux': { crates: [], packages: CONTESTANTS['tcp-noise-yamux'].packages },
  'libp2p-17': { crates: [], packages: [ROUTERS['libp2p-17'].packageName] }
} satisfies Record<string, { crates: string[], packages: string[] }>

/** A contestant whose parts have fixed versions: a ratio to it moves when ours does. */
export type Yardstick = keyof typeof PARTS

const CARGO_LOCK = new URL('../../raw-quinn/Cargo.lock', import.meta.url)

/** What is installed of each yardstick, and what raw-quinn is built from. */
export async function versionsOf (yardsticks: Yardstick[]): Promise<Map<Yardstick, Versions>> {
  const names = [...new Set(yardsticks)]

  return new Map(await Promise.all(names.map(async (name) => [name, await installedVersions(name)] as const)))
}

async function installedVersions (yardstick: Yardstick): Promise<Versions> {
  const { crates, packages } = PARTS[yardstick]

  return {
    ...crateVersions(crates, crates.length === 0 ? '' : await readFile(CARGO_LOCK, 'utf-8')),
    ...packageVersions(packages)
  }
}

/** Of the text of a Cargo.lock; 'not locked' for a crate that is not in it. */
export function crateVersions (crates: string[], lock: string): Versions {
  return Object.fromEntries(crates.map((crate) => {
    const [, version = 'not locked'] = new RegExp(`^name = "${crate}"\\r?\\nversion = "([^"]+)"`, 'm').exec(lock) ?? []

    return [crate, version]
  }))
}

/** 'quinn 0.11.13 instead of 0.11.12' for each entry that is not what it was. */
export function differences <T extends string | number> (committed: Record<string, T>, present: Record<string, T>): string[] {
  const names = [...new Set([...Object.keys(committed), ...Object.keys(present)])]

  return names
    .filter((name) => committed[name] !== present[name])
    .map((name) => `${name} ${present[name] ?? 'of nothing'} instead of ${committed[name] ?? 'none'}`)
}

/** 'quinn 0.11.12, rustls 0.23.46'. */
export function formatVersions (versions: Versions): string {
  return Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')
}
