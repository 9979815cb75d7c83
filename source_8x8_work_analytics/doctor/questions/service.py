"""What the exchanges themselves tell: response times, limits, and the server's clock."""

from math import ceil
from statistics import median

from source_8x8_work_analytics.doctor.account import EXTENSIONS, pbx_names
from source_8x8_work_analytics.doctor.model import Answers, Outcome, compared, unknown
from source_8x8_work_analytics.windows.calendar import RETENTION_YEARS

FEWEST = 3
"""Reports needed, alone and two at once, to speak of response times."""
WORTHWHILE = 1.3
"""How many times as fast two requests at once must be for more workers to be worth it."""
FAST = 0.05
"""Seconds: where a report takes less, more workers gain nothing that anybody would notice."""
FIRST_LOAD = 1_800
"""Seconds in which a first load of all report streams should be done."""
DEFAULT_WORKERS, MOST_WORKERS = 4, 10
REPORT_STREAMS = 6
CLOCK_TOLERANCE = 5.0
"""Seconds: the `Date` header has no fractions, and takes its time to arrive."""


def response_times(answers: Answers) -> Outcome:
    """Return how many requests at once are worth it."""
    assumed = str(answers.settings.num_workers)
    reports = [e for e in answers.exchanges if e.stream == EXTENSIONS and e.status == 200]
    alone = [exchange.seconds for exchange in reports if exchange.alone]
    together = [exchange.seconds for exchange in reports if not exchange.alone]
    if len(alone) < FEWEST or len(together) < FEWEST:
        return unknown(assumed, f"{len(reports)} reports are too few to tell")
    one, two = median(alone), median(together)
    workers = _workers(one, two, len(pbx_names(answers)))
    evidence = f"a report takes {one:.1f} s alone, {two:.1f} s with two at once"
    if workers == answers.settings.num_workers:
        return Outcome(assumed, assumed, "holds", evidence)
    requests = _first_load(len(pbx_names(answers)))
    advice = f"Set num_workers to {workers}: a first load is about {requests:,} requests"
    if two >= FAST and one * 2 / two >= WORTHWHILE:
        minutes = [ceil(requests * two / n / 60) for n in (workers, answers.settings.num_workers)]
        advice += f", {minutes[0]:,} minutes instead of {minutes[1]:,}"
    return Outcome(assumed, str(workers), "holds", evidence, f"{advice}.")


def _workers(one: float, two: float, pbxes: int) -> int:
    if two < FAST:
        return DEFAULT_WORKERS
    if one * 2 / two < WORTHWHILE:
        return 2
    return min(MOST_WORKERS, max(DEFAULT_WORKERS, ceil(_first_load(pbxes) * two / FIRST_LOAD)))


def _first_load(pbxes: int) -> int:
    """Return how many requests a first load takes at least."""
    return ceil(365.25 * RETENTION_YEARS) * pbxes * REPORT_STREAMS


def rate_limit(answers: Answers) -> Outcome:
    """Return what speaks of a limit: names of headers, and the status for too many requests."""
    if not answers.exchanges:
        return unknown("none", f"not asked: {answers.stopped}")
    limits = {name: value for exchange in answers.exchanges for name, value in exchange.limits}
    refusals = sum(exchange.status == 429 for exchange in answers.exchanges)
    seen = [*sorted(limits), *(["HTTP 429"] if refusals else [])]
    evidence = f"headers of {len(answers.exchanges)} responses, {refusals} of them HTTP 429"
    values = [f"{name}: {value}" for name, value in sorted(limits.items()) if value]
    if values:
        evidence += f"; last values: {', '.join(values)}"
    advice = "Keep num_workers within this limit. Report this: 8x8 documents none."
    return compared("none", ", ".join(seen) or "none", evidence, advice)


def clock(answers: Answers) -> Outcome:
    """Return how far this machine's clock is from the server's."""
    assumed = f"at most {CLOCK_TOLERANCE:g} seconds apart"
    ahead = [exchange.ahead for exchange in answers.exchanges if exchange.ahead is not None]
    if not ahead:
        return unknown(assumed, "no response had a Date header" if answers.exchanges else "no response")
    apart = min(ahead, key=abs)
    seen = f"{abs(round(apart)):,} seconds apart"
    evidence = f"{len(ahead)} Date headers"
    if abs(apart) <= CLOCK_TOLERANCE:
        return Outcome(assumed, seen, "holds", evidence)
    evidence += f"; 8x8's clock is {'ahead' if apart > 0 else 'behind'}"
    advice = "Set this machine's clock: it decides which days count as finished."
    return Outcome(assumed, seen, "contradicted", evidence, advice)
