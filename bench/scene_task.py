"""Time a scene of trackers over rolling terrain through a running server: its task, its children, its answers.

    gnomon serve --data DIR --port PORT
    python bench/scene_task.py --address http://127.0.0.1:PORT --key KEY --server PID [--tables 5000]

The field is that of `shading_scene.py`, turned back by each tracker's own neighbours. Memory is the peak of the
server and of each process it started (VmHWM of /proc, so Linux alone).
"""

import argparse
import time
from pathlib import Path

import httpx
from shading_scene import field


def scene_of(count: int) -> dict[str, object]:
    """Return the scene as a client sends it."""
    tables = field(count, is_tracker=True)
    ends = zip(tables.axis_point.round(4).tolist(), tables.axis_vector.round(4).tolist(), strict=True)
    rows = [
        {
            "tableHash": f"t{place}",
            "tracker": True,
            "outline": corners,
            "torqueTubePoint_1": point,
            "torqueTubePoint_2": [a + b for a, b in zip(point, vector, strict=True)],
            "torqueTubeVector": vector,
            "transverseDiodes": 3,
            "stringsPerLength": 2,
        }
        for place, (corners, (point, vector)) in enumerate(
            zip(tables.corners.round(4).tolist(), ends, strict=True)
        )
    ]
    asked = {"terrainAware": True, "maxAngle": 60}
    return {"name": f"{count} trackers", "sceneJson": {"tableList": rows}, "trackingParameters": asked}


def peaks(server: int) -> dict[int, int]:
    """Return the peak memory of the server and of all processes below it. [MB]."""
    found, parents = {}, [server]
    while parents:
        process = parents.pop()
        try:
            status = Path(f"/proc/{process}/status").read_text()
            below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        except FileNotFoundError:
            continue
        parents += map(int, below)
        if "VmHWM:" in status:
            found[process] = int(status.split("VmHWM:")[1].split()[0]) // 1024
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--address", required=True)
    arguments.add_argument("--key", required=True)
    arguments.add_argument("--server", type=int, required=True, help="process id")
    arguments.add_argument("--tables", type=int, default=5000)
    given = arguments.parse_args()
    with httpx.Client(base_url=given.address, headers={"x-api-key": given.key}, timeout=120) as client:
        measure(client, given.server, given.tables)


def measure(client: httpx.Client, server: int, count: int) -> None:
    start = time.perf_counter()
    made = client.post("/shadingscenes", json=scene_of(count)).raise_for_status().json()
    print(f"{count} tables: saved after {time.perf_counter() - start:.1f} s", flush=True)
    path, most, told = f"/shadingscenes/{made['shadingSceneId']}", dict[int, int](), -1
    while True:
        for process, peak in peaks(server).items():
            most[process] = max(most.get(process, 0), peak)
        now = client.get(f"{path}/results?includeStatus=true").raise_for_status()
        standing = {"status": "completed"} if '"status":"completed"' in now.text[:40] else now.json()
        if standing["status"] not in ("pending", "running"):
            break
        if standing["completedPositions"] != told:
            told = standing["completedPositions"]
            print(f"{time.perf_counter() - start:6.1f} s  {told}/{standing['expectedPositions']}", flush=True)
        time.sleep(2.0)
    children = [peak for process, peak in most.items() if process != server]
    print(
        f"{standing['status']} after {time.perf_counter() - start:.1f} s; peak MB: server {most[server]}, "
        f"processes below it {sorted(children)[-3:]}"
    )
    for route in ("/viewer", "/viewer?azimuth_bin=90&elevation_bin=10", "/results", ""):
        start = time.perf_counter()
        answered = client.get(path + route).raise_for_status()
        print(
            f"GET {path}{route}: {time.perf_counter() - start:.2f} s, {len(answered.content) / 1e6:.1f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
