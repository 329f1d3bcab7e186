"""Shadows: which segments between two points may meet a moving thing, and the filter that makes shadows soft."""

import numpy as np

from simgen.compiled import compiled, in_bands

BLOCK = 256
"""Segments looked at together: as many as stay in the nearest cache."""
MOST = 32
"""Balls looked at together: as many as a number has bits."""
ROUNDING = 1e-4
"""Metres that single precision may be off by."""
FLAT = 1e-12
"""Metres along a way below which it counts as standing still, so that nothing is divided by nothing."""


@compiled
def near(first, end, rays, hidden, balls, boxes, matrices):
    """Segments that may meet bodies, and those segments in the bodies' frames.

    Args:
        first: of the segments to look at.
        end: of them.
        rays: start and way to the end, world frame, float32, (N, 6).
        hidden: which need no look, bool, (N,).
        balls: around each body, centre in its frame and radius, float64, (P, 4).
        boxes: around each, least and greatest corner in its frame, float64, (P, 2, 3).
        matrices: world_T_body, float64, (P, 4, 4).

    Returns:
        For every body where its segments begin and end, int64, (P,); the segments' indices, int32, (M,), and start and way in the
        body's frame, float32, (M, 6).
    """
    count = len(balls)
    middle, square = np.empty((count, 3), np.float32), np.empty(count, np.float32)
    for p in range(count):
        for i in range(3):
            middle[p, i] = matrices[p, i, 0] * balls[p, 0] + matrices[p, i, 1] * balls[p, 1] + matrices[p, i, 2] * balls[p, 2]
            middle[p, i] += matrices[p, i, 3]
        square[p] = (balls[p, 3] + ROUNDING) ** 2
    which, starts = np.zeros((end - first, 1 + (count - 1) // MOST), np.uint32), np.zeros(count + 1, np.int64)
    lanes, place, bits = np.zeros((7, BLOCK), np.float32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.uint32)
    n = first
    while n < end:
        filled = 0
        while n < end and filled < BLOCK:
            if not hidden[n]:
                for i in range(6):
                    lanes[i, filled] = rays[n, i]
                place[filled] = n
                filled += 1
            n += 1
        for i in range(BLOCK):
            lanes[6, i] = np.float32(1) / max(lanes[3, i] ** 2 + lanes[4, i] ** 2 + lanes[5, i] ** 2, np.float32(1e-30))
        for group in range(which.shape[1]):
            bits[:] = 0
            for p in range(group * MOST, min(count, (group + 1) * MOST)):
                _pass(lanes, middle[p, 0], middle[p, 1], middle[p, 2], square[p], np.uint32(1) << np.uint32(p - group * MOST), bits)
            for k in range(filled):
                which[place[k] - first, group] = bits[k]
                for p in range(group * MOST, min(count, (group + 1) * MOST)):
                    starts[p + 1] += bits[k] >> np.uint32(p - group * MOST) & np.uint32(1)
    return _turned(first, rays, which, boxes, matrices, np.cumsum(starts))


@compiled
def _pass(lanes, x, y, z, square, bit, bits):
    """Set a bit of every segment that comes nearer to a point than the root of `square`."""
    one, none = np.float32(1), np.float32(0)
    for i in range(BLOCK):
        dx, dy, dz = x - lanes[0, i], y - lanes[1, i], z - lanes[2, i]
        share = min(max((dx * lanes[3, i] + dy * lanes[4, i] + dz * lanes[5, i]) * lanes[6, i], none), one)
        dx, dy, dz = dx - share * lanes[3, i], dy - share * lanes[4, i], dz - share * lanes[5, i]
        bits[i] |= bit if dx * dx + dy * dy + dz * dz <= square else np.uint32(0)


@compiled
def _turned(first, rays, which, boxes, matrices, starts):
    """What `near` returns, of the bits of every segment."""
    index, ray, at, frame = np.empty(starts[-1], np.int32), np.empty((starts[-1], 6), np.float32), starts[:-1].copy(), np.empty(6)
    for row in range(len(which)):
        for group in range(which.shape[1]):
            bits, p = which[row, group], group * MOST
            while bits:
                if bits & np.uint32(1):
                    n, matrix = first + row, matrices[p]
                    for i in range(3):
                        start, way = 0.0, 0.0
                        for j in range(3):
                            start += matrix[j, i] * (rays[n, j] - matrix[j, 3])
                            way += matrix[j, i] * rays[n, 3 + j]
                        frame[i], frame[3 + i] = start, way
                    if _meets(frame, boxes[p]):
                        index[at[p]], ray[at[p]] = n, frame
                        at[p] += 1
                bits, p = bits >> np.uint32(1), p + 1
    return starts[:-1], at, index, ray


@compiled
def _meets(ray, box):
    """Whether a segment, start and way, touches a box (Kay and Kajiya, 1986)."""
    enter, leave = 0.0, 1.0
    for i in range(3):
        way = ray[3 + i] if abs(ray[3 + i]) > FLAT else FLAT
        one, other = (box[0, i] - ROUNDING - ray[i]) / way, (box[1, i] + ROUNDING - ray[i]) / way
        enter, leave = max(enter, min(one, other)), min(leave, max(one, other))
    return enter <= leave


def smoothed(layers: np.ndarray, depth: np.ndarray, normals: np.ndarray, slope: np.ndarray, reach: np.ndarray, pixel: float) -> np.ndarray:
    """Layers averaged over neighbours of the same surface: across, then down, the nearer ones more.

    A neighbour counts the more the more alike its normal is, and where it lies in the same plane as far as depth can tell; a bevel
    one pixel wide has no neighbours but those beside it.

    Args:
        layers: float32, (C, H, W).
        depth: metres along the optical axis, float32, (H, W); inf where nothing was hit.
        normals: unit, float32, (3, H, W).
        slope: cosine between the normal and the optical axis, at least 0.1, float32, (H, W).
        reach: of every layer, pixels at which a neighbour no longer counts, int64, (C,). A pattern that repeats after as many is
            seen evenly.
        pixel: width of a pixel a metre away, metres.
    """
    across, both, pixel = np.empty_like(layers), np.empty_like(layers), np.float32(pixel)
    in_bands(_along, depth.shape[0], layers, depth, normals, slope, reach, pixel, 0, 1, across)
    in_bands(_along, depth.shape[0], across, depth, normals, slope, reach, pixel, 1, 0, both)
    return both


@compiled
def _along(first, end, layers, depth, normals, slope, reach, pixel, down, right, out):
    count, height, width = layers.shape
    total, weights = np.empty((count, width), np.float32), np.empty((count, width), np.float32)
    alike, tolerance = np.empty(width, np.float32), np.empty(width, np.float32)
    for row in range(first, end):
        total[:], weights[:] = 0, 0
        for column in range(width):
            tolerance[column] = depth[row, column] * pixel / slope[row, column]  # by which a plane's depth differs from pixel to pixel
        for step in range(1 - reach.max(), reach.max()):
            y, low, high = row + step * down, max(-step * right, 0), min(width - step * right, width)
            if y < 0 or y >= height or low >= high:
                continue
            here, there, steps = slice(low, high), slice(low + step * right, high + step * right), abs(step)
            _liken(depth[row, here], normals[:, row, here], depth[y, there], normals[:, y, there], tolerance[here], steps, alike[here])
            for c in range(count):
                if steps < reach[c]:
                    _add(alike[here], np.float32(reach[c] - steps), layers[c, y, there], total[c, here], weights[c, here])
        for c in range(count):
            for column in range(width):
                seen = depth[row, column] < np.inf
                out[c, row, column] = total[c, column] / weights[c, column] if seen else np.float32(0)


@compiled
def _liken(depth, normals, other_depth, other_normals, tolerance, steps, alike):
    """How much of the same surface pixels and their neighbours are, 0 to 1."""
    least, none, farther = np.float32(0.3), np.float32(0), np.float32(1 + steps)
    x, y, z = normals[0], normals[1], normals[2]
    other_x, other_y, other_z = other_normals[0], other_normals[1], other_normals[2]
    for i in range(len(depth)):
        cosine = x[i] * other_x[i] + y[i] * other_y[i] + z[i] * other_z[i]
        share = min(max(cosine - least, none) / np.float32(0.6), np.float32(1))
        alike[i] = share * share if abs(other_depth[i] - depth[i]) <= tolerance[i] * farther else none


@compiled
def _add(alike, share, layer, total, weights):
    for i in range(len(alike)):
        weight = alike[i] * share
        total[i] += weight * layer[i]
        weights[i] += weight
