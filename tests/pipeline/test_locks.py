"""Locks go with the process that holds them, or are not to be had."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import ThemesError
from pipeline.locks import Shard, manifest_of_folder, shard_of_folder, whole_folder

REPO = Path(__file__).parents[2]
KILLED = """
import os, sys
from pathlib import Path
from pipeline.locks import Shard, shard_of_folder
with shard_of_folder(Path(sys.argv[1]), Shard(1, 4)):
    os._exit(137)
"""


def locks(out):
    return whole_folder(out), shard_of_folder(out, Shard(1, 4)), manifest_of_folder(out)


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK])
def test_a_file_system_without_locks_is_refused_and_nothing_stays(tmp_path, monkeypatch, number):
    """The library would lock by a file's being there, which outlives a killed process."""

    def none(*_):
        raise OSError(number, "no locks")

    with monkeypatch.context() as here:
        here.setattr(fcntl, "flock", none)
        for lock in locks(tmp_path):
            with pytest.raises(ThemesError, match=r"knows no file locks.*local disk.*Lustre") as told, lock:
                pass
            assert told.value.path == str(tmp_path)
    for lock in locks(tmp_path):
        with lock:
            pass


def test_a_killed_shard_leaves_no_lock(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=REPO, check=False)
    assert done.returncode == 137
    assert (tmp_path / ".lock-1-of-4").exists()
    for lock in locks(tmp_path):
        with lock:
            pass
