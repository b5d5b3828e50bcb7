/** Copied to where `@libp2p/gossipsub` is overridden: runs the whole script on what has that name there, and prints what it saw. */
import { gossipsub } from '@libp2p/gossipsub'
import { scenarios } from './scenarios/index.ts'
import type { PubsubFactory } from './nodes.ts'

const results: Record<string, unknown> = {}

for (const [name, scenario] of Object.entries(scenarios)) {
  results[name] = await scenario(gossipsub as unknown as PubsubFactory)
}

process.stdout.write(JSON.stringify(results))
