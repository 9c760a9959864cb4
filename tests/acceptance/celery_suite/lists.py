"""Every option that Celery has, read out of its own sources, so that none is forgotten."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

Function = ast.FunctionDef

#: Not options: by these the decorator gets the function, and a task its arguments and what it is called by.
CARRIERS = {"self", "fun", "args", "kwargs", "options"}
#: What Celery's own functions hand to each other on the way of a call.
INTERNAL = {"create_sent_event", "event_dispatcher", "message", "name", "now", "task_type"}
#: Attributes of `Task` that are classes, methods and structures of its own.
OWN = {"MaxRetriesExceededError", "OperationalError", "abstract", "app", "from_config", "request", "request_stack"}
OWN |= {"subtask", "subtask_from_request"}


def task_options(sources: Path) -> set[str]:
    """What can be given to `@app.task`, or be declared by a base class.

    Attributes of `Task`, keywords of the decorator, what a call takes from the task, what automatic retries read.
    """
    module = _tree(sources, "task")
    task = next(_named(module, ast.ClassDef, "Task"))
    found = {name for statement in task.body for name in _assigned(statement) if not name.startswith("_")}
    found |= {pair.elts[0].value for pair in _elements(task, "from_config")}
    found |= _exec_options(module) | _message_options(task)
    for function in ("_task_from_fun", "inner_create_task_cls"):
        found |= _parameters(next(_named(_tree(sources, "base"), Function, function)))
    found |= set(re.findall(r"options\.get\(\s*'(\w+)'", _text(sources, "autoretry")))
    return found - CARRIERS - OWN


def call_options(sources: Path) -> set[str]:
    """Keywords of `apply_async` and of all that it hands them on to, and those that its docstring names."""
    apply_async = next(_named(_tree(sources, "task"), Function, "apply_async"))
    found = _parameters(apply_async) | _exec_options(_tree(sources, "task"))
    found |= set(re.findall(r"^    (\w+) \(.*?\):", ast.get_docstring(apply_async) or "", re.MULTILINE))
    found |= _parameters(next(_named(_tree(sources, "base"), Function, "send_task")))
    for function in ("as_task_v2", "send_task_message"):
        found |= {name for each in _named(_tree(sources, "amqp"), Function, function) for name in _parameters(each)}
    return found - CARRIERS - INTERNAL | {"args", "kwargs"}


def settings(sources: Path) -> set[str]:
    """The lower-case names of all settings."""
    (namespaces,) = (
        statement.value
        for statement in _tree(sources, "defaults").body
        if isinstance(statement, ast.Assign) and "NAMESPACES" in _assigned(statement)
    )
    return set(_keys(namespaces, ""))


def names(sources: Path, module: str) -> set[str]:
    """What a module of Celery's offers to be imported."""
    path = sources / "celery" / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (offered,) = (statement.value for statement in tree.body if "__all__" in _assigned(statement))
    return set(ast.literal_eval(offered))


def _keys(namespace: ast.expr, prefix: str) -> Iterator[str]:
    assert isinstance(namespace, ast.Call)
    for keyword in namespace.keywords:
        if keyword.arg == "__old__":
            continue
        if ast.unparse(keyword.value).startswith("Namespace("):
            yield from _keys(keyword.value, f"{prefix}{keyword.arg}_")
        else:
            yield f"{prefix}{keyword.arg}"


def _text(sources: Path, module: str) -> str:
    return (sources / "celery" / "app" / f"{module}.py").read_text(encoding="utf-8")


def _tree(sources: Path, module: str) -> ast.Module:
    return ast.parse(_text(sources, module))


def _named(tree: ast.AST, kind: type[ast.ClassDef | Function], name: str) -> Iterator:
    return (node for node in ast.walk(tree) if isinstance(node, kind) and node.name == name)


def _parameters(function: Function) -> set[str]:
    return {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}


def _assigned(statement: ast.stmt) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _elements(task: ast.ClassDef, name: str) -> list:
    (value,) = (statement.value for statement in task.body if name in _assigned(statement))
    return value.elts


def _exec_options(module: ast.Module) -> set[str]:
    """The arguments of `extract_exec_options = mattrgetter(…)`."""
    (value,) = (statement.value for statement in module.body if "extract_exec_options" in _assigned(statement))
    return {argument.value for argument in value.args}


def _message_options(task: ast.ClassDef) -> set[str]:
    """The attributes that `Task.bind` warns of."""
    bind = next(_named(task, Function, "bind"))
    (names,) = (loop.iter for loop in ast.walk(bind) if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Tuple))
    return {name.value for name in names.elts}
