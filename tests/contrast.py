"""How well text stands out from what is behind it, as WCAG 2 reckons it."""

ENOUGH = 4.5

_MEASURE = """(root) => {
    const parse = (color) => {
        const parts = color.match(/[\\d.]+/g).map(Number);
        return parts.length === 3 ? [...parts, 1] : parts;
    };
    const over = (front, back) =>
        [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
    const behind = (element) => {
        const layers = [];
        for (let node = element; node; node = node.parentElement) {
            const color = parse(getComputedStyle(node).backgroundColor);
            layers.push(color);
            if (color[3] === 1) break;
        }
        return layers.reduceRight((back, color) => over(color, back), [255, 255, 255]);
    };
    const opacity = (node) =>
        node ? getComputedStyle(node).opacity * opacity(node.parentElement) : 1;
    const light = (color) => {
        const [red, green, blue] = color.slice(0, 3).map((part) =>
            part / 255 <= 0.03928
                ? part / 255 / 12.92
                : ((part / 255 + 0.055) / 1.055) ** 2.4
        );
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const speaks = (element) =>
        element.offsetParent && !element.closest("sup, .visually-hidden") &&
        [...element.childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()
        );
    return [...root.querySelectorAll("*")].filter(speaks).map((element) => {
        const back = behind(element);
        const front = parse(getComputedStyle(element).color);
        front[3] *= opacity(element);
        const both = [light(over(front, back)), light(back)];
        const [high, low] = both.sort((one, other) => other - one);
        return [element.textContent.trim(), (high + 0.05) / (low + 0.05)];
    });
}"""


def measure(locator):
    """Return ``(text, contrast)`` of every visible text in an element, 1 to 21."""
    return [tuple(found) for found in locator.evaluate(_MEASURE)]


def find_pale(locator):
    """Return what cannot be read with ease: texts below 4.5."""
    return [
        (text, round(ratio, 2)) for text, ratio in measure(locator) if ratio < ENOUGH
    ]
