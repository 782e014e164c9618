/* global document, EventSource */
// The whole tree comes with each message, so a page that was away for a while needs nothing of what it missed.
const tree = document.querySelector('#tree')
if (tree) {
  const stream = new EventSource(tree.dataset.from)
  stream.onmessage = ({ data }) => {
    tree.innerHTML = data
  }
  stream.addEventListener('done', () => stream.close())
}
