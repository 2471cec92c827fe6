"""What cells show arrives, in order, whichever way it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.kernels.running import run
from workbench.engine.kernels import Zygote, frames
from workbench.engine.kernels.outputs import MAX_TEXT, Outputs, tidy


def test_python_and_descriptors_keep_their_order(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "import os, ctypes\n"
        "print('1 python')\n"
        "os.system('echo 2 shell')\n"
        "print('3 python')\n"
        "n = os.write(1, b'4 descriptor\\n')\n"
        "print('5 python')\n"
        "n = ctypes.CDLL(None).puts(b'6 from C')",
    )
    lines = [line[0] for line in ran.text.split("\n") if line and line[0].isdigit()]
    assert "".join(lines).startswith("12345")
    assert "6 from C" in ran.text


def test_a_full_pipe_stops_nobody(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel, tmp_path, "import os\nos.system('head -c 3000000 /dev/zero | tr \"\\\\0\" x');"
    )
    assert ran.text.count("x") == 3_000_000


def test_huge_output_is_cut_and_says_so(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(kernel, tmp_path, "for n in range(400):\n    print('y' * 100_000)\nprint('end')")
    assert ran.status == "finished"
    assert len(ran.text) < MAX_TEXT + 1000
    assert "cut here: the cell wrote more than 8 MiB" in ran.text


def test_a_progress_bar_leaves_its_last_state(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel, tmp_path, "for n in range(20000):\n    print(f'\\rstep {n}', end='')\nprint()"
    )
    assert ran.text == "step 19999\n"


def test_odd_text_survives(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "print('nul\\x00 é ☃ 😀 \\u202e \\udc80 end')",
        "import os\nos.write(1, b'\\xff\\n');",
    )
    assert "nul\x00 é ☃ 😀 \u202e \ufffd end\n" in ran.text
    assert ran.text.endswith("\ufffd\n")


def test_values_that_json_cannot_say_are_made_sayable(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "class Odd:\n    def _repr_mimebundle_(self, **_):\n"
        "        odd = {'nan': float('nan'), 'b': b'x', 1: {2}}\n"
        "        return {'text/plain': 'odd', 'application/json': odd}\n"
        "Odd()",
    )
    assert ran.status == "finished"
    assert ran.outputs[-1].data["text/plain"] == "odd"


def test_processes_forked_by_a_cell_write_to_its_output(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "import multiprocessing as mp\n"
        "def work(n):\n    print('worker', n, flush=True)\n"
        "context = mp.get_context('fork')\n"
        "workers = [context.Process(target=work, args=(n,)) for n in range(3)]\n"
        "for w in workers: w.start()\n"
        "for w in workers: w.join()\n"
        "print('codes', [w.exitcode for w in workers])",
    )
    lines = sorted(ran.text.splitlines())
    assert lines == ["codes [0, 0, 0]", *(f"worker {n}" for n in range(3))]


def test_threads_write_without_mixing(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "import threading\n"
        "def work(n):\n    for _ in range(500): print(f'<{n}>' * 5)\n"
        "threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
        "for t in threads: t.start()\n"
        "for t in threads: t.join()",
    )
    assert sum(ran.text.count(f"<{n}>") for n in range(4)) == 4 * 500 * 5


def test_an_update_reaches_every_place_of_a_display(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "h = display('old', display_id='d');\ndisplay('between')",
        "display('again', display_id='d');",
        "h.update('new')",
    )
    assert ran.text == "'new''between''new'"


def test_outputs_join_streams_and_clear() -> None:
    import nbformat.v4

    cell = nbformat.v4.new_code_cell("")
    outputs = Outputs()
    outputs.begin(cell)
    for text in ("a", "b"):
        outputs.add({"msg_type": "stream", "content": {"name": "stdout", "text": text}})
    assert [output.text for output in cell.outputs] == ["ab"]
    outputs.add({"msg_type": "clear_output", "content": {"wait": True}})
    assert cell.outputs
    outputs.add({"msg_type": "stream", "content": {"name": "stderr", "text": "c"}})
    assert [output.text for output in cell.outputs] == ["c"]


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("a\r\nb\r\n", "a\r\nb\r\n"),
        ("\r", "\r"),
        ("no return", "no return"),
        ("x\r\ry", "y"),
    ],
)
def test_what_was_overwritten_is_dropped(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


def test_tidying_a_long_line_takes_no_time() -> None:
    assert len(tidy("\r" + "x" * 5_000_000)) == 5_000_000


def test_frames_survive_any_cut() -> None:
    sent = [{"n": n, "text": "é" * n} for n in range(50)]
    data = b"".join(frames.encode(message) for message in sent)
    decoder = frames.Decoder()
    received = [m for n in range(0, len(data), 7) for m in decoder.feed(data[n : n + 7])]
    assert received == sent


def test_a_frame_that_is_too_long_is_refused() -> None:
    with pytest.raises(frames.BadFrame):
        frames.Decoder().feed(b"\xff\xff\xff\xff")


def test_an_output_beyond_all_bounds_is_left_out_and_says_so(
    kernel: Zygote, tmp_path: Path
) -> None:
    ran = run(kernel, tmp_path, "'x' * (65 << 20)", "print('goes on')")
    assert ran.status == "finished"
    assert "left out: an output of 65 MiB" in ran.text
    assert ran.text.endswith("goes on\n")


def test_a_cell_that_writes_into_the_channel_ends_its_run(kernel: Zygote, tmp_path: Path) -> None:
    source = (
        "import os, socket, stat\n"
        "for n in range(3, 50):\n"
        "    try:\n"
        "        if stat.S_ISSOCK(os.fstat(n).st_mode): os.write(n, b'\\xff' * 100)\n"
        "    except OSError: pass\n"
        "import time; time.sleep(60)"
    )
    assert run(kernel, tmp_path, source).status == "died"


def test_figures_are_plain_descriptions(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="missing: plotly")
    source = "import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[1, 2]))"
    for preload in ("none", ["plotly.graph_objects"]):
        with Zygote(preload) as zygote:
            ran = run(zygote, tmp_path, source, "go.Figure(go.Bar(y=[1, 2])).show()")
        for output in ran.outputs:
            assert output.data["application/vnd.plotly.v1+json"]["data"][0]["y"] == [1, 2]
            assert "text/html" not in output.data
