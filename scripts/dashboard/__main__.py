"""Write an HTML dashboard from the dbt marts in a DuckDB file or a PostgreSQL database."""

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
    options.add_argument("--schema", default=SCHEMA, help="schema that contains the marts")
    options.add_argument(
        "--raw-schema", help="schema of the loaded streams; if given, dbt builds the marts from it first"
    )
    options.add_argument("--vars", default="{}", help="dbt variables as JSON, used with --raw-schema")
    options.add_argument("--out", type=Path, default=Path(PAGE), help="HTML file to write")
    options.add_argument("--title", default=TITLE, help="page heading")
    options.add_argument("--days", type=positive, default=DAYS, help="days in each period")
    for name, what in (
        ("answered", "share of received calls that are answered"),
        ("returned", "share of missed outside calls that are called back in time"),
        ("service-level", "share of queue calls that are answered within the limit"),
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
        help="service level limit that the marts were built with, or will be with --raw-schema",
    )
    options.add_argument(
        "--returned-within-hours",
        type=positive,
        default=usual.hours,
        metavar="HOURS",
        help="callback limit that the marts were built with, or will be with --raw-schema",
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
            # Imported here, so that a page from existing marts does not need dbt.
            from scripts.dashboard.build import build

            limits = {"service_level_seconds": target.seconds, "returned_within_hours": target.hours}
            build(given.database, given.raw_schema, given.schema, limits | json.loads(given.vars))
        with opened(given.database, given.schema) as marts:
            if not marts.columns:
                sys.exit(
                    f"The schema {given.schema} contains no marts of the dbt package; build them with dbt, or"
                    " pass the schema of the loaded streams as --raw-schema."
                )
            data = read(marts, given.days)
    except (FileNotFoundError, LookupError) as error:
        sys.exit(str(error.args[0]))
    except subprocess.CalledProcessError:
        sys.exit("dbt reported the errors above; the page was not written.")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(page(data, target, given.title), encoding="utf-8")
    print(f"{given.out.absolute().as_uri()} (contains names and phone numbers)")


if __name__ == "__main__":
    main()
