"""The rules of the source tree: who may import what, and what files look like."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("contracts", "routing", "worker")  # each may import those before it, never those after
FOLDERS = (*LAYERS, "examples", "benchmarks", "tests")

# What each layer may import besides the standard library and the layers before it.
PYDANTIC = frozenset({"annotated_types", "pydantic", "pydantic_core", "typing_extensions"})

# Every other vendor, and the files that may know it. A name that is not here may not be imported.
VENDORS = {
    "aio_pika": ("worker/amqp/*", "worker/demo/*", "examples/*", "benchmarks/*"),
    "aiohttp": ("worker/http*", "worker/console/*"),
    "aiormq": ("worker/amqp/*",),
    "pamqp": ("worker/amqp/*",),
    "prometheus_client": ("worker/metrics.py",),
    "re2": ("routing/pattern.py",),
    "rich": ("worker/cli/*", "worker/demo/*", "worker/log*"),
    "structlog": ("worker/log*",),
    "tenacity": ("worker/backoff.py",),
    "typer": ("worker/cli/*",),
    "watchfiles": ("worker/table_watch.py",),
    "yaml": ("routing/*",),
    "yarl": ("worker/amqp/*",),
}
YAML_FILES = 1  # exactly one file knows how YAML is read

# What would make routing impure. Time, ids, randomness and the environment are arguments there.
IMPURE_MODULES = frozenset(
    "asyncio concurrent glob importlib logging multiprocessing os pathlib platform queue random"
    " secrets selectors shutil signal socket sqlite3 ssl subprocess sys tempfile threading time"
    " urllib.request warnings".split()
)
IMPURE_NAMES = frozenset(
    "__import__ breakpoint date.today datetime.now datetime.today datetime.utcnow eval exec input"
    " io.open open print uuid.uuid1 uuid.uuid4 uuid1 uuid4".split()
)

# These say nothing about what is in them.
VAGUE_NAMES = frozenset({"base", "common", "helper", "helpers", "types", "util", "utils"})

LONGEST = 250
LONGER: dict[str, str] = {}  # path: the reason why it is one noun all the same


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file of the project: its path from the root, its lines, its syntax tree."""

    path: str
    lines: int
    tree: ast.Module

    @property
    def folder(self) -> str:
        """The top-level folder."""
        return self.path.partition("/")[0]

    def imports(self) -> Iterator[str]:
        """Each module named by an import, dotted; `from a import b` names `a` and `a.b`."""
        package = self.path.removesuffix(".py").split("/")[:-1]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1] if node.level else []
                module = ".".join([*above, *filter(None, [node.module])])
                yield module
                yield from (f"{module}.{alias.name}" for alias in node.names)

    def mentions(self) -> Iterator[str]:
        """Each name that is read, called or not: as it is written, its last two parts at most."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                yield ".".join(ast.unparse(node).split(".")[-2:])

    def classes(self) -> Iterator[str]:
        """The name of each class."""
        yield from (node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT).as_posix(), len(text.splitlines()), ast.parse(text))


SOURCES = [_read(path) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
PRODUCT = [source for source in SOURCES if source.folder in LAYERS]


def _top(module: str) -> str:
    return module.partition(".")[0]


def _may_import(source: Source, module: str) -> bool:
    """Whether the file may import the module, as far as layers and vendors are concerned."""
    name = _top(module)
    if name in FOLDERS:
        return name in LAYERS[: LAYERS.index(source.folder) + 1]
    if name in VENDORS:
        return any(fnmatch(source.path, pattern) for pattern in VENDORS[name])
    return name in sys.stdlib_module_names or name in PYDANTIC


def _is_impure(module: str) -> bool:
    """Whether the module, or one it is in, is on the list of impure ones."""
    parts = module.split(".")
    return any(".".join(parts[:length]) in IMPURE_MODULES for length in range(1, len(parts) + 1))


def _is_one_sentence(text: str) -> bool:
    return text.endswith(".") and "\n\n" not in text and not re.search(r"[.!?]\s+[A-Z]", text)


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_is_an_import_package_with_types(layer):
    """Each of the three packages exists, can be imported and says that it is typed."""
    assert (ROOT / layer / "__init__.py").is_file()
    assert (ROOT / layer / "py.typed").is_file()


def test_a_layer_imports_only_what_it_may():
    """No file imports a later layer, an undeclared vendor, or a vendor kept to other files."""
    broken = {
        f"{source.path} imports {_top(module)}"
        for source in PRODUCT
        for module in source.imports()
        if not _may_import(source, module)
    }
    assert not broken


def test_examples_and_benchmarks_keep_vendors_to_their_files():
    """What is not product knows only the vendors that are allowed there."""
    broken = {
        f"{source.path} imports {_top(module)}"
        for source in SOURCES
        if source.folder in {"examples", "benchmarks"}
        for module in source.imports()
        if _top(module) in VENDORS and not _may_import(source, module)
    }
    assert not broken


def test_examples_need_no_more_than_a_feeder_or_a_runner_has():
    """The examples import contracts, the standard library and aio-pika, and nothing of the service."""
    allowed = sys.stdlib_module_names | {"contracts", "aio_pika"}
    broken = {
        f"{source.path} imports {_top(module)}"
        for source in SOURCES
        if source.folder == "examples"
        for module in source.imports()
        if _top(module) not in allowed
    }
    assert not broken


def test_one_file_knows_yaml():
    """PyYAML is imported in exactly one file of routing."""
    files = {
        source.path for source in PRODUCT for module in source.imports() if _top(module) == "yaml"
    }
    assert len(files) == YAML_FILES, files


def test_routing_imports_nothing_impure():
    """Routing imports no clock, file system, environment, logging, randomness or event loop."""
    broken = {
        f"{source.path} imports {module}"
        for source in PRODUCT
        if source.folder == "routing"
        for module in source.imports()
        if _is_impure(module)
    }
    assert not broken


def test_routing_mentions_nothing_impure():
    """Routing asks nobody for the time, a fresh id, a file or a line of input."""
    broken = {
        f"{source.path} mentions {name}"
        for source in PRODUCT
        if source.folder == "routing"
        for name in source.mentions()
        if name in IMPURE_NAMES
    }
    assert not broken


def test_only_the_command_line_knows_the_command_line():
    """Within worker nothing outside worker/cli imports from it: commands come last."""
    broken = {
        f"{source.path} imports {module}"
        for source in PRODUCT
        if not source.path.startswith("worker/cli/")
        for module in source.imports()
        if module.startswith("worker.cli")
    }
    assert not broken


def test_every_vendor_in_the_list_is_in_use():
    """The list of vendors names no vendor that nothing imports any more."""
    used = {_top(module) for source in PRODUCT for module in source.imports()}
    assert VENDORS.keys() <= used


def test_no_module_has_a_vague_name():
    """No file or folder of Python is called utils, common, helpers, base or types."""
    broken = [
        source.path
        for source in SOURCES
        if VAGUE_NAMES & set(source.path.removesuffix(".py").split("/"))
    ]
    assert not broken


def test_no_class_is_called_worker():
    """Workers elsewhere execute jobs and ours dispatches them, so no class is called Worker."""
    broken = [source.path for source in SOURCES if "Worker" in source.classes()]
    assert not broken


def test_every_test_says_what_it_shows():
    """Each test has a docstring of one sentence that says which behaviour it shows."""
    broken = [
        f"{source.path}: {node.name}"
        for source in SOURCES
        if source.folder == "tests"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not _is_one_sentence(ast.get_docstring(node) or "")
    ]
    assert not broken


def test_files_are_short():
    """A product file has 250 lines at most, unless it is listed with a reason."""
    long = {source.path for source in PRODUCT if source.lines > LONGEST}
    assert long == LONGER.keys()


def test_no_other_distribution_claims_our_import_names():
    """No other installed distribution brings a package called contracts, routing or worker."""
    owners = packages_distributions()
    claims = {layer: set(owners.get(layer, ())) - {"pointsman"} for layer in LAYERS}
    assert not any(claims.values()), claims


@pytest.mark.parametrize("layer", LAYERS)
def test_our_import_names_are_this_checkout(layer):
    """What `import contracts` finds is the folder of this checkout, not a namesake."""
    module = import_module(layer)
    assert module.__file__ is not None
    assert Path(module.__file__).parent == ROOT / layer
