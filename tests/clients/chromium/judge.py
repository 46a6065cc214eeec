"""Chromium's verdicts: a word of the table by pixels, all words of a soup by their boxes and styles."""

import codecs
import queue
import threading

import browser
import pixels

DIGITS = str.maketrans("0123456789", "5678901234")
# Words whose text has a box, is not transparent and whose style shows it; `unclear` where a control shows them.
WORDS = r"""(() => {
  const found = {};
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!parent) continue;
    for (const match of node.data.matchAll(/word\d{4}x\d\d/g)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const boxes = [...range.getClientRects()].some(r => r.width > 1 && r.height > 4);
      const seen = boxes && parent.checkVisibility({opacityProperty: true, visibilityProperty: true,
        contentVisibilityAuto: true}) && parseFloat(getComputedStyle(parent).fontSize) >= 5;
      const control = parent.closest('select, textarea, button, marquee, svg, math, dialog, object');
      found[match[0]] = seen ? (control ? 'unclear' : 'visible') : control && control.matches('textarea, select') &&
        control.checkVisibility() ? 'unclear' : 'hidden';
    }
  }
  return found;
})()"""


def other_letters(word):
    """A word of the same width, none of whose letters is the same."""
    return codecs.encode(word, "rot13").translate(DIGITS)


def by_pixels(page, html, word):
    """Whether a person sees the word: the page changes when its letters do."""
    page.load(html)
    first = page.picture()
    page.load(html.replace(word, other_letters(word)))
    second = page.picture()
    return pixels.verdict(first, second)


def by_boxes(page, html):
    page.load(html)
    return page.evaluate(WORDS)


def all_of(binary, tasks, browsers):
    """The results of functions of a page, in order, from several browsers at once."""
    waiting, results = queue.Queue(), [None] * len(tasks)
    for number in range(len(tasks)):
        waiting.put(number)
    failures = []

    def work():
        page = browser.Browser(binary)
        try:
            while not failures:
                number = waiting.get_nowait()
                results[number] = tasks[number](page)
        except queue.Empty:
            pass
        except Exception as failure:  # it is raised again in the main thread
            failures.append(failure)
        finally:
            page.close()

    workers = [threading.Thread(target=work) for _ in range(browsers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
    return results
