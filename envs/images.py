"""Encoded pictures to arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
GREY_SIDE = 80  # px: what the longer side of a small grey copy has at least


def decode(data: bytes, size: tuple[int, int] | None = None) -> Pixels:
    """``[H, W, 3]`` RGB from JPEG or PNG bytes, of exactly ``size`` (width, height) if given.

    Bytes that are no picture come back black (1 × 1 without a size). A JPEG of twice the size or more is shrunk while
    it is decoded, which is several times faster.
    """
    import cv2

    flags = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
    by = _shrink(jpeg_size(data), size) if size else 1
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags.get(by, cv2.IMREAD_COLOR)) if data else None
    if picture is None:
        width, height = size or (1, 1)
        return np.zeros((height, width, 3), np.uint8)
    if size and picture.shape[1::-1] != size:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, picture), np.uint8)


def grey(data: bytes) -> Pixels:
    """``[h, w]`` a small grey copy (sides a half, a quarter or an eighth); 1 × 1 black of what is no picture."""
    import cv2

    flags = {8: cv2.IMREAD_REDUCED_GRAYSCALE_8, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2}
    by = next((n for n in flags if max(jpeg_size(data)) >= n * GREY_SIDE), 0)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags.get(by, cv2.IMREAD_GRAYSCALE)) if data else None
    return np.zeros((1, 1), np.uint8) if picture is None else np.asarray(picture, np.uint8)


def motion_of(pairs: Sequence[tuple[Pixels, Pixels]]) -> float:
    """Mean absolute difference of grey pictures ``[h, w]``, 0 to 1, over all pairs; another size is another screen."""
    import cv2

    found = [cv2.norm(a, b, cv2.NORM_L1) / (255.0 * a.size) if a.shape == b.shape else 1.0 for a, b in pairs]
    return sum(found) / len(found) if found else 0.0


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height as a JPEG's header tells them; (0, 0) of anything else."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return 0, 0


def _shrink(full: tuple[int, int], wanted: tuple[int, int]) -> int:
    """By how much a JPEG may be shrunk and still be as large as what is wanted."""
    return next((n for n in (8, 4, 2) if full[0] >= n * wanted[0] and full[1] >= n * wanted[1]), 1)
