"""Write a dashboard from the marts in a DuckDB file or a PostgreSQL database."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from scripts.dashboard import PAGE
from scripts.dashboard.charts import Target
from scripts.dashboard.data import read
from scripts.dashboard.database import opened
from scripts.dashboard.page import TITLE, page
from scripts.dashboard.periods import DAYS

DATABASE = "demo/work_analytics.duckdb"
SCHEMA = "answers"


def percent(text: str) -> float:
    """Return a percentage as a share."""
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value / 100


def positive(text: str) -> int:
    """Return a positive integer."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    usual = Target()
    options = argparse.ArgumentParser(
        prog="python -m scripts.dashboard",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    options.add_argument(
        "--database", default=DATABASE, help="path of a DuckDB file, or URL of a PostgreSQL database"
    )
    options.add_argument("--schema", default=SCHEMA, help="schema that dbt built the marts in")
    options.add_argument(
        "--raw-schema", help="schema of the loaded streams: build the marts from it first, with dbt"
    )
    options.add_argument("--vars", default="{}", help="variables for dbt, as JSON, with --raw-schema")
    options.add_argument("--out", type=Path, default=Path(PAGE), help="the HTML file to write")
    options.add_argument("--title", default=TITLE, help="heading of the page")
    options.add_argument("--days", type=positive, default=DAYS, help="days of a period")
    for name, what in (
        ("answered", "received calls that are answered"),
        ("returned", "missed calls from outside that are called back in time"),
        ("service-level", "queue calls that are answered within the limit"),
    ):
        share = getattr(usual, name.replace("-", "_"))
        options.add_argument(
            f"--{name}-target",
            type=percent,
            default=f"{share:.0%}".rstrip("%"),
            metavar="PERCENT",
            help=f"target: {what}",
        )
    options.add_argument(
        "--service-level-seconds",
        type=positive,
        default=usual.seconds,
        metavar="SECONDS",
        help="limit of the service level that the marts have, or get with --raw-schema",
    )
    options.add_argument(
        "--returned-within-hours",
        type=positive,
        default=usual.hours,
        metavar="HOURS",
        help="time to call back that the marts have, or get with --raw-schema",
    )
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    given = parser().parse_args(arguments)
    target = Target(
        answered=given.answered_target,
        returned=given.returned_target,
        service_level=given.service_level_target,
        seconds=given.service_level_seconds,
        hours=given.returned_within_hours,
    )
    try:
        if given.raw_schema:
            # Here, so that a page from marts that are there already does not need dbt.
            from scripts.dashboard.build import build

            limits = {"service_level_seconds": target.seconds, "returned_within_hours": target.hours}
            build(given.database, given.raw_schema, given.schema, limits | json.loads(given.vars))
        with opened(given.database, given.schema) as marts:
            if not marts.columns:
                sys.exit(
                    f"The schema {given.schema} has no marts of the dbt package; build them with dbt, or name"
                    " the schema of the loaded streams with --raw-schema."
                )
            data = read(marts, given.days)
    except (FileNotFoundError, LookupError) as error:
        sys.exit(str(error.args[0]))
    except subprocess.CalledProcessError:
        sys.exit("dbt reported the errors above; the page was not written.")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(page(data, target, given.title), encoding="utf-8")
    print(f"{given.out.absolute().as_uri()}: names and telephone numbers are in it")


if __name__ == "__main__":
    main()
