"""How well the words of a page stand out from their ground."""

from playwright.sync_api import Page

_CONTRAST = """
() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 1) > 0) return colour;
    }
  };
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.id || element.outerHTML.slice(0, 60)];
    });
}
"""


def contrasts(page: Page) -> list[tuple[float, str]]:
    """The contrast ratio of WCAG 2 and the element, of every visible element with words of its own."""
    page.wait_for_load_state()  # words can be there before the style sheet that gives them colours
    return [(ratio, element) for ratio, element in page.evaluate(_CONTRAST)]
