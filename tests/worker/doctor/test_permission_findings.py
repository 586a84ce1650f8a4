from tests.worker.doctor.judged import content, host, ids, topology
from worker.doctor.permission_findings import permission_findings

OTHERS = {"operator": "reads dead letters"}


def judged(user="pointsman-worker", others=OTHERS, **missing):
    seen = content(topology())
    for name, value in missing.items():
        setattr(seen, name, value)
    return list(permission_findings(host(user=user, seen=seen), others))


def test_a_worker_that_may_do_all_is_told_so():
    """Without a refusal there is one line, which says as whom."""
    (found,) = judged()
    assert found.sign.id == "permissions_enough"
    assert "pointsman-worker" in found.text


def test_each_kind_of_permission_that_is_missing_is_a_problem():
    """Configure, write and read are told apart, with the names that they are missing for."""
    found = judged(unconfigurable=["inbound.0"], unwritable=["turns", "dead"], unreadable=["a"])
    assert ids(found) == ["permission_missing"] * 3
    assert [each.text for each in found] == [
        "user pointsman-worker may not configure inbound.0",
        "user pointsman-worker may not write to turns, dead",
        "user pointsman-worker may not read from a",
    ]


def test_what_another_user_may_not_see_is_no_problem_of_the_system():
    """A user that is planned for something else than a worker is told what it does not see."""
    (found,) = judged(user="operator", unwritable=["turns"], unseen=["inbound"])
    assert found.sign.id == "permissions_unseen"
    assert "operator is no worker's (reads dead letters)" in found.text
    assert "may not write to turns; may not look at inbound" in found.text


def test_nothing_is_said_of_what_was_not_asked():
    """Of a broker that fell silent no permission is called enough."""
    facts = host(seen=content(topology()), silent="no answer in time")
    assert list(permission_findings(facts, {})) == []
    assert list(permission_findings(host(), {})) == []
