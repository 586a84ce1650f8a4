from pathlib import Path

import pytest

from worker.demo.rabbitmq_installation import RabbitmqInstallation, installed_rabbitmq


@pytest.fixture
def scripts(tmp_path):
    """A directory that holds RabbitMQ's own scripts."""
    directory = tmp_path / "rabbitmq" / "sbin"
    directory.mkdir(parents=True)
    for name in ("rabbitmq-server", "rabbitmq-env"):
        (directory / name).touch()
    return directory


@pytest.fixture
def nowhere(tmp_path):
    """A directory that is not there."""
    return tmp_path / "nowhere"


def test_the_packages_scripts_are_found_without_being_on_the_path(scripts):
    """The directory that packages use is found by users whose PATH does not lead there."""
    found = installed_rabbitmq(lambda name: None, package_scripts=scripts)
    assert found == RabbitmqInstallation(scripts)


def test_a_link_on_the_path_leads_to_the_scripts(scripts, nowhere, tmp_path):
    """A command on the PATH that links to the scripts is followed to where they lie."""
    link = tmp_path / "rabbitmq-server"
    link.symlink_to(scripts / "rabbitmq-server")
    found = installed_rabbitmq(lambda name: str(link), package_scripts=nowhere)
    assert found == RabbitmqInstallation(scripts)


def test_a_wrapper_on_the_path_is_not_taken_for_the_scripts(nowhere, tmp_path):
    """A wrapper that switches to another user is passed over."""
    wrapper = tmp_path / "rabbitmq-server"
    wrapper.touch()
    assert installed_rabbitmq(lambda name: str(wrapper), package_scripts=nowhere) is None


def test_without_rabbitmq_nothing_is_found(nowhere):
    """A machine without RabbitMQ has no installation."""
    assert installed_rabbitmq(lambda name: None, package_scripts=nowhere) is None


def test_scripts_in_another_root_are_run_inside_it():
    """An installation in another root runs there, under the paths it has there."""
    installation = RabbitmqInstallation(Path("/usr/lib/rabbitmq/bin"), root=Path("/other"))
    command = installation.script("rabbitmqctl", "status")
    assert "chroot" in " ".join(command)
    assert command[-3:] == ["/other", "/usr/lib/rabbitmq/bin/rabbitmqctl", "status"]
