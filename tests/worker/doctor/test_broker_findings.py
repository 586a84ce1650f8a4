import pytest

from tests.worker.doctor.judged import host, ids
from worker.doctor.broker_findings import broker_findings


def test_a_good_broker_is_told_with_its_version():
    """A broker that is there is one line with product, version and cluster, and one about alarms."""
    found = list(broker_findings([host(cluster="rabbit@a")]))
    assert ids(found) == ["broker_reached", "publishing_open"]
    assert "RabbitMQ 4.0.5, cluster rabbit@a" in found[0].text
    assert "partitions stay" not in found[0].text


def test_rabbitmq_3_keeps_partitions_where_they_are():
    """On RabbitMQ 3 the line says that partitions do not move to a new worker."""
    found = list(broker_findings([host(version="3.13.7")]))
    assert "partitions stay with the worker that has them" in found[0].text


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"version": "3.9.29"}, "broker_untried"),
        ({"product": "Other", "version": "9.1"}, "broker_untried"),
        ({"version": "unknown"}, "broker_untried"),
        ({"lacks": ("publisher_confirms",)}, "broker_lacks"),
        ({"blocked": True}, "publishing_blocked"),
        ({"silent": "no answer in time"}, "broker_silent"),
        ({"channels": 4}, "connection_limits"),
        ({"unreachable": "cannot connect"}, "broker_unreachable"),
        ({"refused": "ACCESS_REFUSED"}, "access_refused"),
    ],
)
def test_what_is_wrong_with_a_broker_is_told(facts, expected):
    """Each thing that can be wrong with a broker has its own name, and says what to do."""
    found = {each.sign.id: each for each in broker_findings([host(**facts)])}
    assert expected in found
    assert found[expected].todo


def test_a_refusal_over_tls_speaks_of_certificates():
    """Where the certificate is refused, what to do is about certificates and not about passwords."""
    refused = "cannot connect: the broker's certificate is refused: certificate has expired"
    (found,) = broker_findings([host(refused=refused)])
    assert "amqp_ca_file" in str(found.todo)
    (found,) = broker_findings([host(refused="cannot connect: ACCESS_REFUSED")])
    assert "amqp_ca_file" not in str(found.todo)
    refused = "cannot connect: the broker does not speak TLS on that port"
    (found,) = broker_findings([host(refused=refused)])
    assert "port" in str(found.todo)


def test_one_host_of_several_may_be_away():
    """A host that is away is a warning while another lets us in, and a problem if none does."""
    away = host(unreachable="cannot connect")
    assert ids(broker_findings([away, host()]))[0] == "host_unreachable"
    assert ids(broker_findings([away, away])) == ["broker_unreachable"] * 2


def test_hosts_of_two_clusters_are_told():
    """Two hosts that are not one cluster have different queues, and that is said."""
    found = ids(broker_findings([host(cluster="a"), host(cluster="b")]))
    assert "clusters_differ" in found
    assert "clusters_differ" not in ids(broker_findings([host(), host()]))
