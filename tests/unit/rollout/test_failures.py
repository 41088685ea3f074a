"""Failures as four labelled lines, each cause once."""

from ansible_collections.landfall.eks.plugins.module_utils.rollout.failures import (
    Failure,
    grouped,
    lines,
    message,
    of_releases,
    of_task,
)

CPU = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available."


def release(name, why, state="it was left as it is"):
    return {"what": f"logging/{name}", "why": why, "do": "add nodes", "state": state}


def test_four_labelled_lines_of_at_most_100_columns():
    shown = lines(Failure("efk: Say it", "why " * 40 + "\nand why", "do this", "nothing was changed"), 120)
    assert [each[:7] for each in shown if not each.startswith(" ")] == ["what   ", "why    ", "do     ", "state  "]
    assert max(map(len, shown)) <= 100
    assert "       and why" in shown


def test_equal_causes_are_one_failure_that_names_each():
    found = of_releases(
        [
            release("a", f"not ready after 9 s: Deployment a: 0 of 1 replicas available (pod a-1: {CPU})"),
            release("b", f"not ready after 12 s: Deployment b: 0 of 2 replicas available (pod b-7: {CPU})", "gone"),
            release("c", "not ready after 9 s: Deployment c: 0 of 1 replicas available"),
        ]
    )
    assert [(each.what, each.state) for each in grouped(found)] == [
        ("logging/a; logging/b", "it was left as it is; gone"),
        ("logging/c", "it was left as it is"),
    ]


def test_a_task_says_why_once_and_what_to_do_about_it():
    failed = {"failed": True, "msg": "3 Insufficient cpu"}
    assert message({"msg": "One or more items failed", "results": [failed, failed, {"msg": "fine"}]}) == failed["msg"]
    assert message({"msg": ""}) == "the task gave no reason"
    found = of_task("efk", "Start Helm", failed)
    assert (found.what, found.do[:9]) == ("efk: Start Helm", "add nodes")
    assert found.of_host("eu  ", "nothing was changed") == Failure(
        "eu  efk: Start Helm", failed["msg"], found.do, "nothing was changed"
    )
