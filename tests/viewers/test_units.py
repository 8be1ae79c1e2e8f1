"""Runs the pages' own type check and unit tests (TypeScript, Node's test runner)."""

import re

from tests.viewers.conftest import VIEWERS
from viewers import bundle


def test_the_pages_types_hold_and_their_unit_tests_pass(node: bundle.Node) -> None:
    for project in ("tsconfig.json", "tests/tsconfig.json"):
        tsc = [*node.node, "node_modules/typescript/bin/tsc", "--noEmit", "-p", project]
        bundle.run(tsc, VIEWERS, node)
    output = bundle.run([*node.node, "test.mjs", "--test-reporter=tap"], VIEWERS, node)
    passed = re.search(r"^# pass (\d+)$", output, re.MULTILINE)
    assert passed is not None, output
    assert int(passed[1]) > 0, output
    assert re.search(r"^# (fail|skipped|todo) [1-9]", output, re.MULTILINE) is None, output
