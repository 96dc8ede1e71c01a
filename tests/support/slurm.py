"""A Slurm of one node, this machine: munge, slurmctld and slurmd, with files of their own."""

import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = (
    "munged",
    "slurmctld",
    "slurmd",
    "sinfo",
    "sbatch",
    "squeue",
    "srun",
    "scontrol",
    "unshare",
)
# Seconds in which it has to come up.
PATIENCE = 60

# No accounting, as on small clusters: states come from squeue.
CONFIG = """
ClusterName=covedge
SlurmctldHost={host}(127.0.0.1)
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={megabytes} State=UNKNOWN
PartitionName=only Nodes=ALL Default=YES MaxTime=INFINITE State=UP
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
# Seconds for which jobs that have ended are told of.
MinJobAge=3600
# As many cores as are told, whatever this machine has.
SlurmdParameters=config_overrides
"""
# Within a job the plugin's srun looks for the configuration where Slurm's own default is, so that
# slurmd, and with it the jobs, get a view of the file system in which this one lies there.
HERE_AND_IN_JOBS = 'mkdir -p /etc/slurm && mount --bind "$0" /etc/slurm && exec slurmd -D'


@contextmanager
def slurm(folder: Path, cpus: int = 4, megabytes: int = 8000) -> Iterator[dict[str, str]]:
    """While it is open there is a Slurm; gives the environment in which its commands find it.

    folder : for its configuration, state and logs; a short path, since sockets lie in it.
    """
    config = _written(folder, cpus, megabytes)
    env = {"SLURM_CONF": str(config)}
    munge = ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket"]
    munge += [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "log", "seed")]
    running = [_started(munge, folder)]
    try:
        _wait(lambda: (folder / "munge.socket").exists(), "munged", folder)
        running.append(_started(["slurmctld", "-D", "-i", "-f", config], folder))
        running.append(
            _started(["unshare", "--mount", "sh", "-c", HERE_AND_IN_JOBS, folder], folder)
        )
        _wait(lambda: "idle" in _answer(["sinfo", "--noheader", "-o", "%t"], env), "slurmd", folder)
        yield env
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(timeout=PATIENCE)


def cpus_by_rule(env: dict[str, str]) -> dict[str, int]:
    """The cores that Slurm gave to the jobs of each rule, by the comment that the plugin makes."""
    jobs = _answer(["scontrol", "show", "job", "--oneliner"], env)
    found = re.findall(r"NumCPUs=(\d+).*Comment=rule_([a-z_]+?)(?:_wildcards|\s|$)", jobs)
    return {rule: int(cpus) for cpus, rule in found}


def _written(folder, cpus, megabytes):
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)  # else munge takes its socket for unreachable
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(64))
    config = folder / "slurm.conf"
    host = socket.gethostname().partition(".")[0]
    text = CONFIG.format(
        folder=folder, host=host, cpus=cpus, megabytes=megabytes, ports=_free_ports(2)
    )
    config.write_text(text, encoding="utf-8")
    return config


def _free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _started(command, folder):
    with (folder / "output.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def _answer(command, env):
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True)
    return done.stdout


def _wait(ready, name, folder):
    until = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > until:
            logs = "\n".join(path.read_text("utf-8", "replace") for path in folder.glob("*.log"))
            raise RuntimeError(f"{name} did not come up:\n{logs}")
        time.sleep(0.2)
