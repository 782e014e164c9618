import { memo } from 'react'
import type { ReactElement } from 'react'

/** Drawn on 24 by 24, as lines. */
const PATHS = {
  again: 'M20 12a8 8 0 1 1-2.6-5.9M20 4v4.5h-4.5',
  bin: 'M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v6M13.5 10.5v6',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  close: 'm6 6 12 12M18 6 6 18',
  copy: 'M9 9h10.5v10.5H9zM5 15H4.5V4.5H15V5',
  down: 'M12 5v14m-6-6 6 6 6-6',
  export: 'M12 15V4m-4 4 4-4 4 4M5 14v5.5h14V14',
  forward: 'M5 5.5v13l8-6.5zM13 5.5v13l8-6.5z',
  list: 'M4 7h16M4 12h16M4 17h10',
  next: 'm9.5 6 6 6-6 6',
  pen: 'm4.5 19.5 1-4.5L16 4.5l3.5 3.5L9 18.5zM14 6.5 17.5 10',
  plus: 'M12 5v14M5 12h14',
  previous: 'm14.5 6-6 6 6 6',
  send: 'M12 19V5m-6 6 6-6 6 6',
  stop: 'M7 7h10v10H7z',
  terminal: 'm5 8 4 4-4 4M12 16.5h7',
  wave: 'M2 8c3.3 0 3.3 3 6.7 3s3.3-3 6.6-3 3.4 3 6.7 3M2 14c3.3 0 3.3 3 6.7 3s3.3-3 6.6-3 3.4 3 6.7 3',
} as const

/** Never the only name of what it stands on: screen readers do not hear it. */
export const Icon = memo(function Icon({ name }: { readonly name: keyof typeof PATHS }): ReactElement {
  return <svg className="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name]} /></svg>
})
