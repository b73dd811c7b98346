"""ALS by others, in a Python of their own: `python recs_plain.py FOLDER` fits `implicit` on `acts.npz`.

64 factors, 10 iterations, 2 threads, the package's own defaults for the rest. Only the fit is timed; the matrix is
built before. Prints the seconds and the share of people whose held-out product is among their first ten.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the package threads by itself, and asks for this

import numpy as np
from scipy.sparse import csr_matrix

FACTORS, ITERATIONS, THREADS, LENGTH = 64, 10, 2, 10


def main(folder):
    """Fits, then asks for the lists of those who are judged."""
    import implicit
    from implicit.als import AlternatingLeastSquares

    data = np.load(folder / "acts.npz")
    shape = (int(data["shape"][0]), int(data["shape"][1]))
    ones = np.ones(len(data["people"]), np.float32)
    acts = csr_matrix((ones, (data["people"], data["products"])), shape=shape)
    model = AlternatingLeastSquares(
        factors=FACTORS, iterations=ITERATIONS, num_threads=THREADS, random_state=0
    )
    began = time.perf_counter()
    model.fit(acts, show_progress=False)
    seconds = time.perf_counter() - began
    asked = data["asked"]
    lists, _ = model.recommend(asked, acts[asked], N=LENGTH, filter_already_liked_items=True)
    hit = float((lists == data["answers"][:, None]).any(axis=1).mean())
    print(json.dumps({"seconds": seconds, "hit_at_10": hit, "program": f"implicit {implicit.__version__}"}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
