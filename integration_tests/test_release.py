"""The wheel, installed into an empty environment, answers."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_answers_spec_in_an_empty_environment(tmp_path: Path) -> None:
    """Its dependencies come from this environment, by the lock; the package comes from the wheel alone."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("airbyte_source_8x8_work_analytics-*.whl")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    install = [*pip, "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    done = subprocess.run(
        [environment / "bin" / "source-8x8-work-analytics", "spec"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stderr
    assert '"type":"SPEC"' in done.stdout
    where = "import source_8x8_work_analytics as s; print(s.__file__)"
    found = subprocess.run([python, "-I", "-c", where], capture_output=True, text=True, cwd=tmp_path)
    assert found.stdout.startswith(str(site))
