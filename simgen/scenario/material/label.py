"""Labels: words, blocks of colour, bar codes and stamps, typeset anew for every seed."""

import colorsys
from bisect import bisect_left
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SYLLABLES = "al bo ca den el fi gra ho in ka lo mar ne or pe ri sol ta ul ve wen zo".split()
GOODS = "tomato peeled fine strong classic fresh organic extra light whole mix blend pure gold select original family mild".split()
HEADINGS = ("SAFETY FIRST", "NOTICE", "PROCEDURE", "MAINTENANCE", "FIRE EXIT", "PLAN")
INK = (30, 28, 26)


def name(rng: np.random.Generator) -> str:
    """A made-up brand."""
    return "".join(rng.choice(SYLLABLES, rng.integers(2, 4))).upper()


def scheme(rng: np.random.Generator) -> tuple[tuple, tuple, tuple]:
    """Ground, accent and ink that go together, sRGB 0 to 255."""
    hue, light = rng.random(), rng.random() < 0.35
    pale, full = (hue, rng.uniform(0.02, 0.15), 0.95), (hue, rng.uniform(0.45, 0.9), rng.uniform(0.25, 0.8))
    ground = colorsys.hsv_to_rgb(*(pale if light else full))
    accent = colorsys.hsv_to_rgb((hue + rng.choice([0.08, 0.45, 0.55])) % 1, rng.uniform(0.5, 0.9), rng.uniform(0.6, 0.95))
    ink = colorsys.hsv_to_rgb(hue, 0.6, 0.2) if light else colorsys.hsv_to_rgb(hue, 0.05, 0.97)
    return tuple(tuple(int(255 * part) for part in colour) for colour in (ground, accent, ink))


def label(rng: np.random.Generator, width: int, height: int, colours=None) -> Image.Image:
    """A product's label, RGB, `width` x `height` texels."""
    ground, accent, ink = colours or scheme(rng)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    _ornament(draw, rng, width, height, accent)
    big = _fitted(name(rng), 0.86 * width, 0.24 * height)
    top = rng.uniform(0.06, 0.22) * height
    draw.text((width / 2, top), big[0], fill=ink, font=big[1], anchor="mt")
    small = _fitted(" ".join(rng.choice(GOODS, 2, replace=False)), 0.7 * width, 0.11 * height)
    draw.text((width / 2, top + 0.30 * height), small[0], fill=ink, font=small[1], anchor="mt")
    if rng.random() < 0.5:
        lines(draw, rng, (0.08 * width, 0.70 * height, 0.5 * width, 0.93 * height), ink)
    side = (0.62 * width, 0.72 * height, 0.93 * width, 0.93 * height)
    if rng.random() < 0.6:
        barcode(draw, rng, side)
    return image


def _ornament(draw: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int, accent) -> None:
    """Something that fills the middle: a disc, bands, a wedge, a frame or leaves."""
    kind = rng.integers(5)
    if kind == 0:
        radius = rng.uniform(0.2, 0.34) * min(width, height)
        x, y = rng.uniform(0.35, 0.65) * width, rng.uniform(0.5, 0.75) * height
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=accent)
    elif kind == 1:
        for low in np.sort(rng.uniform(0.0, 0.9, 3)):
            draw.rectangle((0, low * height, width, (low + rng.uniform(0.02, 0.09)) * height), fill=accent)
    elif kind == 2:
        corners = [(0, rng.uniform(0.4, 0.8)), (1, rng.uniform(0.3, 0.8)), (1, 1), (0, 1)]
        draw.polygon([(x * width, y * height) for x, y in corners], fill=accent)
    elif kind == 3:
        draw.rectangle((0.04 * width, 0.04 * height, 0.96 * width, 0.96 * height), outline=accent, width=max(2, width // 40))
    else:
        for x, y, size in rng.uniform((0.1, 0.45, 0.05), (0.9, 0.9, 0.16), (7, 3)):
            draw.ellipse(((x - size / 2) * width, (y - size) * height, (x + size / 2) * width, (y + size) * height), fill=accent)


def lines(draw: ImageDraw.ImageDraw, rng: np.random.Generator, box, ink) -> None:
    """Small print."""
    left, top, right, bottom = box
    size = max(6, int((bottom - top) / 5))
    font = _font(size)
    for row in range(4):
        text = " ".join("".join(rng.choice(SYLLABLES, rng.integers(1, 4))) for _ in range(8))
        shorter = [text[: len(text) - cut] for cut in range(0, len(text), 3)]
        fitting = bisect_left(shorter[:-1], True, key=lambda part: font.getlength(part) <= right - left)
        draw.text((left, top + row * 1.2 * size), shorter[fitting], fill=ink, font=font)


def barcode(draw: ImageDraw.ImageDraw, rng: np.random.Generator, box) -> None:
    """Bars on white."""
    left, top, right, bottom = box
    draw.rectangle(box, fill=(245, 245, 243))
    x, unit = left + 0.06 * (right - left), (right - left) / 60
    while x < right - 4 * unit:
        bar, gap = rng.integers(1, 4, 2) * unit
        draw.rectangle((x, top + 0.08 * (bottom - top), x + bar, bottom - 0.12 * (bottom - top)), fill=INK)
        x += bar + gap


def stamp(rng: np.random.Generator, size: int) -> Image.Image:
    """What is printed on a shipping carton: ink where white, L, `size` square."""
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    kind = rng.integers(4)
    if kind == 0:  # this side up
        for x in (0.3, 0.7):
            draw.polygon([((x + dx) * size, y * size) for dx, y in ((-0.14, 0.4), (0, 0.15), (0.14, 0.4))], fill=230)
            draw.rectangle(((x - 0.05) * size, 0.4 * size, (x + 0.05) * size, 0.7 * size), fill=230)
        draw.rectangle((0.12 * size, 0.76 * size, 0.88 * size, 0.80 * size), fill=230)
    elif kind == 1:
        text, font = _fitted(str(rng.choice(["FRAGILE", "KEEP DRY", "HEAVY", "HANDLE WITH CARE"])), 0.85 * size, 0.22 * size)
        draw.text((0.5 * size, 0.5 * size), text, fill=235, font=font, anchor="mm")
        draw.rectangle((0.04 * size, 0.32 * size, 0.96 * size, 0.68 * size), outline=235, width=max(2, size // 50))
    elif kind == 2:
        text, font = _fitted(name(rng), 0.85 * size, 0.26 * size)
        draw.text((0.5 * size, 0.38 * size), text, fill=235, font=font, anchor="mm")
        number = f"{rng.integers(100, 999)}-{rng.integers(10, 99)}"
        draw.text((0.5 * size, 0.62 * size), number, fill=200, font=_font(0.12 * size), anchor="mm")
    else:
        lines(draw, rng, (0.1 * size, 0.3 * size, 0.9 * size, 0.75 * size), 190)
    return image


def poster(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A poster, safety notice, chart or calendar, RGB."""
    kind = rng.integers(4)
    if kind == 0:
        return label(rng, width, height)
    image = Image.new("RGB", (width, height), (244, 243, 238))
    draw = ImageDraw.Draw(image)
    title, font = _fitted(str(rng.choice(HEADINGS)), 0.9 * width, 0.12 * height)
    tone = scheme(rng)[0]
    draw.rectangle((0, 0, width, 0.18 * height), fill=tone)
    draw.text((width / 2, 0.09 * height), title, fill=(250, 250, 250), font=font, anchor="mm")
    if kind == 1:
        for row, column in np.ndindex(5, 7):
            x, y = (0.06 + 0.126 * column) * width, (0.26 + 0.14 * row) * height
            draw.rectangle((x, y, x + 0.11 * width, y + 0.12 * height), outline=(150, 150, 150))
            draw.text((x + 3, y + 2), str(7 * row + column + 1), fill=INK, font=_font(max(7, width // 18)))
    elif kind == 2:
        heights = rng.uniform(0.1, 0.6, 6)
        for number, tall in enumerate(heights):
            x = (0.1 + 0.14 * number) * width
            draw.rectangle((x, (0.9 - tall) * height, x + 0.1 * width, 0.9 * height), fill=scheme(rng)[1])
    else:
        for block in range(3):
            lines(draw, rng, (0.08 * width, (0.26 + 0.24 * block) * height, 0.92 * width, (0.44 + 0.24 * block) * height), INK)
    return image


def _fitted(text: str, width: float, height: float) -> tuple[str, ImageFont.FreeTypeFont]:
    """A text and the largest font with which it fits."""
    font = _font(max(6.0, height))
    return text, _font(max(6.0, height * min(1.0, width / max(font.getlength(text), 1.0))))


@lru_cache(maxsize=256)
def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
