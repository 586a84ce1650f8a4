import asyncio
from contextlib import asynccontextmanager

from worker.file_mark import file_mark
from worker.table_watch import changes


@asynccontextmanager
async def told(path, seen=None):
    """Something to wait for the next change with."""
    heard: asyncio.Queue[None] = asyncio.Queue()
    seen = seen or file_mark(path)

    async def listen():
        async for _ in changes(path, seen):
            heard.put_nowait(None)

    task = asyncio.create_task(listen())
    try:
        yield lambda: asyncio.wait_for(heard.get(), 20)
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_file_that_is_written_or_replaced_is_told(tmp_path):
    """Each way of making it another file is a change: written, replaced, removed, made anew."""
    path = tmp_path / "t.yaml"
    path.write_text("one")
    async with told(path) as change:
        path.write_text("two")
        await change()
        (tmp_path / "fresh").write_text("three")
        (tmp_path / "fresh").rename(path)
        await change()
        path.unlink()
        await change()
        path.write_text("four")
        await change()


async def test_a_folder_that_comes_back_is_watched_again(tmp_path):
    """A file whose folder is taken away and put back with another file in it is told."""
    path = tmp_path / "mount" / "t.yaml"
    path.parent.mkdir()
    path.write_text("one")
    async with told(path) as change:
        path.parent.rename(tmp_path / "aside")
        await change()
        path.parent.mkdir()
        path.write_text("two")
        await change()
        path.write_text("three")
        await change()


async def test_what_changed_before_it_began_is_told(tmp_path):
    """A file that is another than the one that was read is a change, though nobody saw it happen."""
    path = tmp_path / "t.yaml"
    path.write_text("one")
    before = file_mark(path)
    path.write_text("another")

    async with told(path, before) as change:
        await change()
