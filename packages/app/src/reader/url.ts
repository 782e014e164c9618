/** The link to a passage in the reader. */
export function passageUrl(document: string, anchor: string): string {
  return `${documentUrl(document)}#${encodeURIComponent(anchor)}`
}

export function documentUrl(document: string): string {
  return `/docs/${document.split('/').map(encodeURIComponent).join('/')}`
}
