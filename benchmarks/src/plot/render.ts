import * as vega from 'vega'
import { compile } from 'vega-lite'
import { DARK, LIGHT } from './theme.ts'
import type { TopLevelSpec } from 'vega-lite'

/** Panels, one below the other, each a specification of Vega-Lite without what all plots have in common. */
export interface Plot {
  vconcat: object[]
  spacing?: number
  resolve?: object
}

/** Vega has it, its types do not. */
const { textMetrics } = vega as unknown as { textMetrics: { canvas (isUsed: boolean): void } }

const FONT_SIZE = 12
const PADDING = 10

/** Places behind the point in coordinates: a tenth of what an eye sees, and the same on every machine. */
const DECIMALS = 2

/** Draws a plot. The same plot gives the same text on every machine. The title is for those who do not see it. */
export async function renderSvg (plot: Plot, title: string): Promise<string> {
  // a canvas that happens to be installed would measure texts by that machine's fonts
  textMetrics.canvas(false)

  const { spec } = compile({ ...plot, background: LIGHT.paper, padding: PADDING, config: CONFIG } as unknown as TopLevelSpec)
  const svg = await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG()

  return `${rounded(withTitle(svg, title))}\n`
}

const CONFIG = {
  font: 'system-ui, sans-serif',
  axis: {
    labelColor: LIGHT.muted,
    labelFontSize: FONT_SIZE - 1,
    titleColor: LIGHT.muted,
    titleFontSize: FONT_SIZE,
    titleFontWeight: 'normal',
    gridColor: LIGHT.grid,
    domainColor: LIGHT.grid,
    tickColor: LIGHT.grid
  },
  legend: { labelColor: LIGHT.text, labelFontSize: FONT_SIZE, symbolStrokeWidth: 2, orient: 'bottom', title: null },
  title: { color: LIGHT.text, fontSize: FONT_SIZE + 1, fontWeight: 600, anchor: 'start', offset: 8 },
  text: { color: LIGHT.text, fontSize: FONT_SIZE },
  view: { stroke: null },
  aria: false
} as const

/** Rules of a style sheet go before the attributes that they match: whoever knows no style sheets sees the light plot. */
function withTitle (svg: string, title: string): string {
  const rules = Object.entries(LIGHT).map(([name, light]) => {
    const dark = new Map(Object.entries(DARK)).get(name)

    return `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`
  })

  return svg.replace(/^<svg [^>]*>/, (start) =>
    `${start}<title>${escaped(title)}</title><style>@media (prefers-color-scheme: dark){${rules.join('')}}</style>`)
}

/** In attributes alone: texts stay as they are. */
function rounded (svg: string): string {
  return svg.replace(/ (?:transform|d|x|y|x1|x2|y1|y2|width|height)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d+(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(DECIMALS)))))
}

function escaped (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
