/** A keyword, where the text ends with it. */
export interface Found {
  readonly keyword: string
  /** In UTF-16 units of the text. */
  readonly length: number
}

/** Where reading stands: at the longest beginning of a keyword that the text ends with. */
class Node {
  readonly next: Map<string, Node> = new Map()
  /** In UTF-16 units of the text. */
  readonly depth: number
  found: readonly Found[] = []
  /** The next shorter beginning that the text ends with too. */
  shorter: Node

  constructor(depth: number, root?: Node) {
    this.depth = depth
    this.shorter = root ?? this
  }
}
export type State = Pick<Node, 'depth' | 'found'>

/**
 * Aho and Corasick's automaton: finds every place of every keyword in one pass, however many there
 * are. A text costs at most two look-ups for each of its characters.
 */
export class Automaton {
  readonly #root: Node = new Node(0)
  readonly #fold: (char: string) => string
  #node: Node = this.#root

  constructor(keywords: Iterable<string>, fold: (char: string) => string) {
    this.#fold = fold
    for (const keyword of keywords) this.#add(keyword)
    this.#link()
  }

  get state(): State {
    return this.#node
  }

  take(char: string): void {
    this.#node = this.#after(this.#node, this.#fold(char))
  }

  #after(node: Node, folded: string): Node {
    for (;;) {
      const next = node.next.get(folded)
      if (next) return next
      if (node === this.#root) return node
      node = node.shorter
    }
  }

  #add(keyword: string): void {
    let node = this.#root
    for (const char of keyword) {
      const folded = this.#fold(char)
      const next = node.next.get(folded) ?? new Node(node.depth + char.length, this.#root)
      node.next.set(folded, next)
      node = next
    }
    if (node !== this.#root) node.found = [{ keyword, length: node.depth }]
  }

  /** Level by level: shorter beginnings must be done first. */
  #link(): void {
    const queue = [...this.#root.next.values()]
    for (const node of queue) {
      for (const [folded, child] of node.next) {
        child.shorter = this.#after(node.shorter, folded)
        child.found = [...child.found, ...child.shorter.found]
        queue.push(child)
      }
    }
  }
}
