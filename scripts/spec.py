"""Print the connection specification as JSON, as the form is drawn from it."""

import json

from source_8x8_work_analytics import Source8x8WorkAnalytics


def main() -> None:
    """Print it."""
    print(json.dumps(Source8x8WorkAnalytics().resolved_manifest["spec"]["connection_specification"]))


if __name__ == "__main__":
    main()
