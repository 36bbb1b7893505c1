"""Programs in processes of their own that need not load torch first, which takes seconds: they are forked from one that has.

Each is real: it has an exit status, can be killed, holds its locks, and writes to where a shell would have it write.
"""

import multiprocessing
import os
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PATH = os.pathsep.join(map(str, (HERE.parent, HERE, HERE / "models")))


def themes(*arguments):
    """The command, as the shell's `themes`."""
    from pipeline.cli import main

    sys.argv = ["themes", *arguments]
    main()


class Program:
    """A function in a process of its own.

    Args:
        folder: for what it says.
    """

    def __init__(self, context, folder, target, arguments, cwd, environment):
        self._out, self._err = folder / "out", folder / "err"
        self._process = context.Process(
            target=_run, args=(self._out, self._err, cwd, environment, target, [str(item) for item in arguments])
        )
        self._process.start()
        self.pid = self._process.pid

    def poll(self):
        """Its exit status, -9 for one that was killed; None while it runs."""
        return self._process.exitcode

    def kill(self):
        self._process.kill()

    def wait(self, seconds=300):
        """Exit status, and what it said on both ways out."""
        self._process.join(seconds)
        if self.poll() is None:
            self.kill()
            raise TimeoutError(self._err.read_text())
        return self.poll(), *(file.read_text() if file.exists() else "" for file in (self._out, self._err))


def _run(out, err, cwd, environment, target, arguments):
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.update(environment)
    os.chdir(cwd)
    target(*arguments)


def starter(make_folder):
    """What starts programs; its first call loads what they share.

    Args:
        make_folder: makes a new folder each time.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["preloaded"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PATH)  # that the first process is forked from is started with it
        first = context.Process(target=time.time)
        first.start()
        first.join()

    def start(*arguments, target=themes, cwd=None, **environment):
        folder = make_folder()
        return Program(context, folder, target, arguments, cwd or folder, environment)

    return start
