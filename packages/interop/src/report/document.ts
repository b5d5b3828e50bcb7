import { writeFile } from 'node:fs/promises'
import { toMarkdown } from './results.ts'
import type { Results } from './results.ts'

const INTRODUCTION = `# Interoperability

Both modules against implementations that nobody here wrote. This page is written by \`npm run interop -- --docs\` from one full run; it is
not edited by hand. What each cell does stands in [\`packages/interop/peers/README.md\`](../packages/interop/peers/README.md).

Not obtainable from the package registries that this project builds from, and so not tested: jvm-libp2p, nim-libp2p, zig-libp2p,
dotnet-libp2p, c-libp2p. py-libp2p takes part in all rows but a dial without a peer id, which its interface has no way for, and a listener
that asks the other side to stop writing.`

/** Writes the page of `docs/` from a run. */
export async function writeDocument (file: string, results: Results): Promise<void> {
  await writeFile(file, `${INTRODUCTION}\n\n${toMarkdown(results)}`)
}
