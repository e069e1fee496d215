"""From a facade to a photograph of it: view, light, lens, sensor, compression.

Images are float32 (H, W, 3) in 0 to 1 unless they are said to be PIL images.
"""

import io

import numpy as np
from PIL import Image, ImageFilter

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
    if rng.random() < 0.05:
        spots = fractal(rng, (height, width), unit * rng.uniform(0.6, 2), 2)
        canvas += rng.uniform(0.1, 0.5) * np.clip(spots - 0.5, 0, 1)[..., None]


def expose(
    rng: np.random.Generator, image: Image.Image, middle: tuple[int, int, int, int]
) -> np.ndarray:
    """Set exposure, contrast and colour cast; return the pixels in 0 to 1.

    Brightness and spread of ``middle`` (left, top, right, bottom: where the number
    is) are brought part of the way to usual ones, as cameras do.
    """
    gray = np.asarray(image.convert("L").crop(middle)) / 255
    mean, spread = float(gray.mean()), max(0.02, float(gray.std()))
    level = MEAN * (max(mean, 0.02) / MEAN) ** 0.65 * np.exp(rng.normal(0, 0.25))
    wanted = SPREAD * (spread / SPREAD) ** 0.42 * np.exp(rng.normal(0, 0.25))
    cast = 1 + rng.normal(0, 0.035, 3) + rng.normal(0, 0.03) * np.array([1, 0, -1])
    pixels = np.asarray(image, np.float32) / 255
    pixels = (pixels - np.float32(mean)) * np.float32(wanted / spread)
    return (pixels + np.float32(min(level, BRIGHTEST))) * cast.astype(np.float32)


def blur(rng: np.random.Generator, image: Image.Image, height: float) -> Image.Image:
    """Blur by defocus, sometimes by motion or a detour by a smaller size."""
    sigma = np.exp(rng.normal(-0.35, 0.5)) * (height / 30) ** 0.5
    image = image.filter(ImageFilter.GaussianBlur(float(sigma)))
    if rng.random() < 0.08:
        reach = max(1.0, height * rng.uniform(0.04, 0.15))
        image = image.filter(ImageFilter.BoxBlur((float(reach), 0.0)))
    if rng.random() < 0.35 and height > 14:
        factor = rng.uniform(1.2, min(3.0, height / 9))
        size = tuple(max(4, round(side / factor)) for side in image.size)
        small = compress(rng, image.resize(size, Image.Resampling.BILINEAR))
        image = small.resize(image.size, Image.Resampling.BICUBIC)
    return image


def grain(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Add noise to an image in 0 to 255: fine in brightness, blotchy in colour."""
    height, width = image.shape[:2]
    fine = rng.uniform(0, 4) * rng.standard_normal((height, width, 1), np.float32)
    blotch = rng.uniform(0, 5)
    colour = [noise(rng, (height, width), rng.uniform(1.5, 3)) for _ in range(3)]
    return image + np.float32(fine) + np.float32(blotch) * np.stack(colour, 2)


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
    pixels = expose(rng, blur(rng, image, height), middle) * 255
    pixels = grain(rng, pixels)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        radius, percent = rng.uniform(1, 2.5), int(rng.uniform(30, 150))
        image = image.filter(ImageFilter.UnsharpMask(radius, percent, 0))
    return np.array(compress(rng, image))
