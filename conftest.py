"""What holds for all tests."""

import gc
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings

# No example has a deadline, so a busy machine fails no test. `make mutants` runs fewer, always the same ones;
# `make soak` runs many more.
STEADY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", STEADY)
settings.register_profile("mutants", STEADY, derandomize=True, database=None, max_examples=50)
settings.register_profile("soak", STEADY, max_examples=2000)
settings.load_profile("steady")


def pytest_collection_finish() -> None:
    """Exclude what was imported and collected from garbage collection, since it stays, and collect rarely."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(autouse=True, scope="session")
def _one_look_at_the_manifest() -> Iterator[None]:
    """Let the CDK resolve and check the same manifest once, not for each source: most of a short test."""
    from airbyte_cdk.sources.declarative import concurrent_declarative_source as cdk

    validate, checked = cdk.validate_manifest, list[Any]()
    resolver, transformer = cdk.ManifestReferenceResolver, cdk.ManifestComponentTransformer
    resolve, propagate = resolver.preprocess_manifest, transformer.propagate_types_and_parameters
    resolved, propagated = list[tuple[Any, Any]](), list[tuple[Any, bytes]]()

    def validate_once(manifest: Any, schema: Any) -> None:
        if manifest not in checked:
            validate(manifest, schema)
            checked.append(manifest)

    def resolve_once(self: Any, manifest: Any) -> Any:
        for known, found in resolved:
            if known == manifest:
                return found
        resolved.append((dict(manifest), resolve(self, manifest)))
        return resolved[-1][1]

    def propagate_once(self: Any, parent: str, component: Any, *more: Any, **options: Any) -> Any:
        if parent or options or any(more):  # a part of a manifest
            return propagate(self, parent, component, *more, **options)
        for known, found in propagated:
            if known is component:
                return orjson.loads(found)  # a copy: sources may change theirs
        propagated.append((component, orjson.dumps(propagate(self, parent, component, {}))))
        return orjson.loads(propagated[-1][1])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cdk, "get_declarative_component_schema", cache(cdk.get_declarative_component_schema))
        patched.setattr(cdk, "validate_manifest", validate_once)
        patched.setattr(resolver, "preprocess_manifest", resolve_once)
        patched.setattr(transformer, "propagate_types_and_parameters", propagate_once)
        yield
