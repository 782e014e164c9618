/** Models and applications also give no name or id, or an empty one, where clients want one. */
export function named(name: string | undefined, otherwise: string): string {
  return name === undefined || name === '' ? otherwise : name
}
