"""Encoded pictures to arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def decode(data: bytes, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """``[H, W, 3]`` RGB of exactly ``size`` (width, height) from JPEG or PNG bytes; black without any."""
    import cv2

    width, height = size
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        return np.zeros((height, width, 3), np.uint8)
    if picture.shape[:2] != (height, width):
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
