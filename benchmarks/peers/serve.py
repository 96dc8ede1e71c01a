"""How a peer talks to the driver: it gets a job, says that it is ready, and answers one line of
JSON for each line that it is sent. All else that the libraries print goes to stderr.
"""

import json
import os
import sys
import time
import warnings


def serve(prepare):
    """prepare : job -> (run, versions), where run() -> criterion, or (criterion, message), or a
    dictionary of what else there is to answer.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**content):
        print(json.dumps(content), file=answers, flush=True)

    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    began = time.perf_counter()
    try:
        run, versions = prepare(job)
    except Exception as error:  # whatever a peer raises is its answer
        answer(error=f"{type(error).__name__}: {error}")
        return
    answer(ready=time.perf_counter() - began, versions=versions)
    for _ in sys.stdin:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            began = time.perf_counter()
            try:
                result = run()
            except Exception as error:
                answer(
                    error=f"{type(error).__name__}: {error}", seconds=time.perf_counter() - began
                )
                continue
            seconds = time.perf_counter() - began
        criterion, message, more = None, "", {}
        if isinstance(result, dict):
            more = result
        else:
            criterion, message = result if isinstance(result, tuple) else (result, "")
            criterion = float(criterion)
        words = [message, *dict.fromkeys(str(w.message) for w in caught)]
        words = "; ".join(filter(None, words))
        answer(seconds=seconds, criterion=criterion, message=words, **more)


def read(job):
    """The job's table, labels as Categorical."""
    import pandas as pd

    table = pd.read_csv(job["csv"], dtype=dict.fromkeys(job["labels"], str))
    return table.astype(dict.fromkeys(job["labels"], "category"))
