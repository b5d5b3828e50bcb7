/* eslint-disable no-console */
import { assemble } from './assemble.ts'

/*
 * `node src/container/main.ts FOLDER` fills the folder with what is in the image; the Dockerfile calls it.
 */
const [folder] = process.argv.slice(2)

if (folder == null) {
  throw new Error('Called without a folder')
}

await assemble(folder, (line) => { console.error(line) })
