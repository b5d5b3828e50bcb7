/** One line of JSON of a dialer that did a row beyond ping. */
export interface RowReport extends Record<string, unknown> {
  row: string
  ok: true
}

/** What an implementation has no way to do. */
export interface Unsupported {
  unsupported: string
}

/**
 * What a dialer wrote to standard output, which is the report and nothing else.
 *
 * @throws {Error} when it is not that, or says that it failed
 */
export function parseRowReport (row: string, output: string): RowReport | Unsupported {
  if (!/^\{[^\n]*\}\n?$/.test(output)) {
    throw new Error(`Not one line of JSON: ${JSON.stringify(output)}`)
  }

  const report = JSON.parse(output) as Record<string, unknown>

  if (report.row !== row) {
    throw new Error(`Asked for row ${row}, and got ${output.trim()}`)
  }

  if (typeof report.unsupported === 'string' && report.unsupported !== '' && report.ok == null) {
    return { unsupported: report.unsupported }
  }

  if (report.ok === false && typeof report.error === 'string') {
    throw new Error(`The dialer reports: ${report.error}: ${output.trim()}`)
  }

  if (report.ok !== true || report.unsupported != null) {
    throw new Error(`Neither well nor failed nor unsupported: ${output.trim()}`)
  }

  return { ...report, row, ok: true }
}
