"""Paint parts of a screen black, so that a picture shows no more than the text beside it may say."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from .types import Frame

Box = tuple[float, float, float, float]
_MARGIN = 2.0


def black_out(jpeg: bytes, boxes: Sequence[Box], viewport: tuple[int, int]) -> bytes:
    """A JPEG or PNG with ``boxes`` (``x, y, w, h`` in CSS pixels of ``viewport``) painted over, as JPEG.

    Bytes that are no picture come back empty: what cannot be painted must not be shown.
    """
    import cv2
    import numpy as np

    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if picture is None:
        return b""
    for x0, y0, x1, y1 in _pixels(boxes, viewport, (picture.shape[1], picture.shape[0])):
        picture[y0:y1, x0:x1] = 0
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def black_out_frame(frame: Frame, boxes: Sequence[Box], viewport: tuple[int, int]) -> Frame:
    """The same for a frame."""
    rgb = bytearray(frame.rgb)
    for x0, y0, x1, y1 in _pixels(boxes, viewport, (frame.width, frame.height)):
        for row in range(y0, y1):
            start = 3 * (row * frame.width + x0)
            rgb[start : start + 3 * (x1 - x0)] = bytes(3 * (x1 - x0))
    return dataclasses.replace(frame, rgb=bytes(rgb))


def _pixels(
    boxes: Sequence[Box], viewport: tuple[int, int], size: tuple[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """Boxes as ``x0, y0, x1, y1`` in pixels of a picture of that size; the whole picture if the viewport is unknown."""
    width, height = size
    for x, y, w, h in boxes:
        if not all(viewport):
            yield 0, 0, width, height
            return
        sx, sy = width / viewport[0], height / viewport[1]
        x0, y0 = max(0, int((x - _MARGIN) * sx)), max(0, int((y - _MARGIN) * sy))
        x1, y1 = min(width, int((x + w + _MARGIN) * sx) + 1), min(height, int((y + h + _MARGIN) * sy) + 1)
        if x0 < x1 and y0 < y1:
            yield x0, y0, x1, y1
