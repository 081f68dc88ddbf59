"""The stubs name what the extension module has, and every docstring is there."""

import ast
import inspect
import pathlib

import weight_init
from weight_init import _native

STUB = ast.parse((pathlib.Path(weight_init.__file__).parent / "_native.pyi").read_text(encoding="utf-8"))


def test_the_stubs_have_every_name():
    classes = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
    functions = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
    public = {name for name in dir(_native) if not name.startswith("_")}
    assert public == classes.keys() | functions.keys() == set(weight_init.__all__)
    for name, node in classes.items():
        members = {member for member in vars(getattr(_native, name)) if not member.startswith("_")}
        assert {item.name for item in node.body if not item.name.startswith("_")} == members
        assert all(inspect.getdoc(getattr(getattr(_native, name), member)) for member in members)
    for name, node in functions.items():
        parameters = inspect.signature(getattr(_native, name)).parameters
        arguments = [*node.args.args, *node.args.kwonlyargs]
        assert [argument.arg for argument in arguments] == list(parameters)
    for name in weight_init.__all__:
        assert "Raises" in inspect.getdoc(getattr(weight_init, name))


def test_the_package_is_typed():
    assert (pathlib.Path(weight_init.__file__).parent / "py.typed").exists()
