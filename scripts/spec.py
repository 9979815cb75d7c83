"""Print the connection specification, which the form is rendered from, as JSON."""

import json
import logging
from typing import Any

from source_8x8_work_analytics import Source8x8WorkAnalytics


def connection_specification() -> dict[str, Any]:
    """Return the JSON schema of the configuration."""
    spec = Source8x8WorkAnalytics().spec(logging.getLogger("airbyte"))
    return dict(spec.connectionSpecification)


def main() -> None:
    """Print it."""
    print(json.dumps(connection_specification()))


if __name__ == "__main__":
    main()
