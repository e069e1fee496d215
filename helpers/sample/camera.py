"""From a facade to a photograph of it: view, light, lens, sensor, compression.

Images are float32 (H, W, 3) in 0 to 1 unless they are said to be PIL images.
"""

import io

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from helpers.sample.textures import fractal, noise

MEAN, SPREAD = 0.41, 0.078
"""Brightness and its deviation that numbers are drawn towards; with these the crops'
medians are those of the real train set, 0.42 and 0.11."""

BRIGHTEST = 0.82  # of a number: about the real train set's 99th percentile


def view(rng: np.random.Generator, tilt: float) -> np.ndarray:
    """Draw a homography (3, 3) from the facade to the picture, of the same sizes.

    ``tilt`` is the slope of horizontal lines in the picture: most comes from a view
    from the side, which leaves uprights upright, a little from a turned plate.
    """
    turned = tilt * rng.random() if rng.random() < 0.25 else 0.0
    turned += rng.normal(0, 0.012)
    cos, sin = np.cos(turned), np.sin(turned)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    side = np.array([[1, 0, 0], [tilt - turned, 1, 0], [*rng.normal(0, 0.012, 2), 1]])
    return side @ turn


def look(canvas: Image.Image, to_canvas: np.ndarray, size) -> Image.Image:
    """See the canvas at ``size`` (width, height) through a homography back to it."""
    matrix = tuple((to_canvas / to_canvas[2, 2]).ravel()[:8])
    way, smooth = Image.Transform.PERSPECTIVE, Image.Resampling.BILINEAR
    return canvas.transform(size, way, matrix, smooth)


def light_up(rng: np.random.Generator, canvas: np.ndarray, unit: float) -> None:
    """Light a facade, in place; ``unit`` is a digit height in pixels."""
    height, width = canvas.shape[:2]
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    gain = 1 + rng.normal(0, 0.15) * x + rng.normal(0, 0.15) * y
    if rng.random() < 0.14:
        angle = rng.uniform(0, 2 * np.pi)
        edge = (x * width * np.cos(angle) + y * height * np.sin(angle)) / unit
        edge = edge - rng.normal(0, 0.6) + 0.05 * noise(rng, (height, width), unit / 2)
        sharpness = rng.uniform(3, 30)
        shade = np.clip(0.5 + edge * sharpness, 0, 1)
        gain = gain * (1 - rng.uniform(0.25, 0.65) * shade)
    if rng.random() < 0.06:
        spots = fractal(rng, (height, width), unit * rng.uniform(0.4, 1.5))
        gain = gain * (1 - rng.uniform(0.2, 0.5) * np.clip(3 * spots, 0, 1))
    canvas *= gain[..., None]


def expose(
    rng: np.random.Generator, image: Image.Image, middle: tuple[int, int, int, int]
) -> Image.Image:
    """Set exposure, contrast and colour cast.

    Brightness and spread of ``middle`` (left, top, right, bottom: where the number
    is) are brought part of the way to usual ones, as cameras do.
    """
    gray = np.asarray(image.crop(middle).convert("L")) / 255
    mean, spread = float(gray.mean()), max(0.02, float(gray.std()))
    level = MEAN * (max(mean, 0.02) / MEAN) ** 0.65 * np.exp(rng.normal(0, 0.25))
    wanted = SPREAD * (spread / SPREAD) ** 0.42 * np.exp(rng.normal(0, 0.25))
    cast = 1 + rng.normal(0, 0.035, 3) + rng.normal(0, 0.03) * np.array([1, 0, -1])
    values = (np.linspace(0, 1, 256) - mean) * wanted / spread + min(level, BRIGHTEST)
    return image.point(np.clip(np.outer(cast, values) * 255, 0, 255).ravel().tolist())


def blur(rng: np.random.Generator, image: Image.Image, height: float) -> Image.Image:
    """Blur by defocus, sometimes by motion or a detour by a smaller size."""
    sigma = np.exp(rng.normal(-0.4, 0.3)) * (height / 30) ** 0.5
    image = image.filter(ImageFilter.GaussianBlur(float(sigma)))
    if rng.random() < 0.04:
        reach = height * rng.uniform(0.02, 0.08)
        image = image.filter(ImageFilter.BoxBlur((float(reach), 0.0)))
    if rng.random() < 0.35 and height > 16:
        factor = rng.uniform(1.2, min(3.0, height / 12))
        size = tuple(max(4, round(side / factor)) for side in image.size)
        small = image.resize(size, Image.Resampling.BILINEAR)
        image = small.resize(image.size, Image.Resampling.BICUBIC)
    return image


def grain(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """Add noise, fine or in blotches."""
    cell, half = rng.uniform(1, 2.5), rng.uniform(0, 7)
    width, height = (int(side / cell) + 2 for side in image.size)
    noise = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
    noise = noise.point(np.linspace(128 - half, 128.5 + half, 256).tolist() * 3)
    noise = noise.resize(image.size, Image.Resampling.BICUBIC)
    return ImageChops.add(image, noise, 1, -128)


def compress(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """Turn into JPEG and back, at a quality from fair to poor."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=int(rng.integers(35, 93)))
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")


def photograph(
    rng: np.random.Generator, image: Image.Image, height: float, middle
) -> np.ndarray:
    """Photograph an image whose digits, ``height`` pixels high, take ``middle``."""
    image = grain(rng, expose(rng, blur(rng, image, height), middle))
    if rng.random() < 0.5:
        radius, percent = rng.uniform(1, 2.5), int(rng.uniform(30, 120))
        image = image.filter(ImageFilter.UnsharpMask(radius, percent, 0))
    return np.array(compress(rng, image))
