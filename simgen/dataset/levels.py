"""What LeRobot wants to know of a video's pixels, from how often every level occurs: exact, and no frame is left out."""

import numpy as np
from lerobot.datasets.compute_stats import DEFAULT_QUANTILES


def statistics(counts: np.ndarray, step: float = 1.0) -> dict[str, np.ndarray]:
    """The numbers LeRobot keeps of a feature, under its names.

    Args:
        counts: how many pixels show level l in channel c, int, (C, L), equally many in every channel.
        step: what one level is worth.

    Returns:
        min, max, mean, std and the quantiles q01 to q99, of every channel, float64, (C,); count of pixels, int64, (1,).
        A quantile is the lowest value that at least this share of the pixels do not exceed.
    """
    pixels = counts[0].sum()
    share = counts / pixels
    values = step * np.arange(counts.shape[1])
    mean = share @ values
    seen = [values[channel > 0] for channel in counts]
    table = {
        "min": np.array([levels[0] for levels in seen]),
        "max": np.array([levels[-1] for levels in seen]),
        "mean": mean,
        "std": np.sqrt((share * np.square(values - mean[:, None])).sum(axis=1)),
        "count": np.array([pixels], np.int64),
    }
    below = np.cumsum(counts, axis=1)
    for quantile in DEFAULT_QUANTILES:
        table[f"q{round(100 * quantile):02d}"] = np.array([values[np.searchsorted(channel, quantile * pixels)] for channel in below])
    return table
