import { renderToString } from 'react-dom/server'
import { tree, type What } from './page.tsx'

export function render(what: What): string {
  return renderToString(tree(what))
}
