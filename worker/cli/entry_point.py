"""Where the command `pointsman` begins."""


def main() -> None:
    """Run the command. Ctrl-C ends it without a traceback, also while Python still imports it."""
    try:
        from worker.cli.while_importing import while_importing  # noqa: PLC0415 - inside the guard

        with while_importing():
            from worker.cli.app import main as run_command  # noqa: PLC0415 - likewise
        run_command()
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # INTERRUPTED, which may not be imported yet
