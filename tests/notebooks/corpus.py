"""Small notebooks, each named after what it does, as a table of their cells.

``needs`` names a library without which a notebook says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Small:
    """A notebook: sources of code cells; one that starts with ``#:`` is Markdown."""

    cells: tuple[str, ...]
    tags: tuple[tuple[int, str], ...] = ()
    needs: str | None = None


def make(path: Path, *cells: str, tags: tuple[tuple[int, str], ...] = ()) -> Path:
    """Write a notebook with a ``parameters`` cell (``a = 1``, ``b = "x"``) before ``cells``."""
    notebook = new_notebook(metadata=METADATA)
    sources = ['a = 1\nb = "x"', *cells]
    for number, source in enumerate(sources):
        if source.startswith("#:"):
            cell = new_markdown_cell(source[2:], id=f"cell-{number}")
        else:
            cell = new_code_cell(source, id=f"cell-{number}")
        notebook.cells.append(cell)
    notebook.cells[0].metadata["tags"] = ["parameters"]
    for number, tag in tags:
        notebook.cells[number + 1].metadata["tags"] = [tag]
    nbformat.write(notebook, path)
    return path


CORPUS: dict[str, Small] = {
    "prints_and_returns": Small(("print('one')\nprint('two', a)", "a + 1", "#: # Title", "b * 3")),
    "writes_to_both_streams": Small(
        ("import sys\nprint('out')", "print('err', file=sys.stderr)", "sys.stdout.write('no end')")
    ),
    "displays_html_and_text": Small(
        ("from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))", "HTML('<i>y</i>')")
    ),
    "displays_between_prints": Small(
        ("print('before')\ndisplay({'k': 1})\nprint('between')\ndisplay([1, 2])\nprint('after')",)
    ),
    "updates_a_display": Small(
        (
            "handle = display('first', display_id='one')",
            "handle.update('second')",
            "from IPython.display import update_display\nupdate_display('third', display_id='one')",
        )
    ),
    "shows_one_display_twice": Small(
        (
            "h = display('x', display_id='same')\ndisplay('y', display_id='same')",
            "h.update('both')",
        )
    ),
    "clears_its_output": Small(
        ("from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",)
    ),
    "clears_its_output_when_more_comes": Small(
        (
            "from IPython.display import clear_output\n"
            "for n in range(5):\n    clear_output(wait=True)\n    display(n)",
        )
    ),
    "clears_and_shows_nothing_more": Small(
        ("from IPython.display import clear_output\nprint('stays')\nclear_output(wait=True)",)
    ),
    "raises": Small(("x = 1", "def f(n):\n    return 1 / n\n\nf(0)", "print('never')")),
    "raises_from_another": Small(
        ("try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('no é ☃') from e",)
    ),
    "has_a_syntax_error": Small(("x = = 1",)),
    "raises_as_it_should": Small(("1 / 0", "print('goes on')"), tags=((0, "raises-exception"),)),
    "skips_a_tagged_cell": Small(
        ("print('one')", "print('skipped')", "print('two')"), tags=((1, "skip-execution"),)
    ),
    "has_empty_cells": Small(("", "   \n", "1", "# only a comment")),
    "raises_system_exit": Small(("import sys\nsys.exit(0)", "print('never')")),
    "raises_system_exit_with_a_message": Small(("raise SystemExit('no more')",)),
    "interrupts_itself": Small(("raise KeyboardInterrupt",)),
    "asks_for_input": Small(("print('asks')\ninput('name? ')", "print('never')")),
    "asks_for_a_password": Small(("import getpass\ngetpass.getpass()",)),
    "awaits_at_top_level": Small(
        (
            "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 'done'",
            "await f()",
            "results = await asyncio.gather(f(), f())\nresults",
        )
    ),
    "uses_the_running_loop": Small(
        (
            "import asyncio\nloop = asyncio.get_running_loop()\nloop.is_running()",
            "task = asyncio.ensure_future(asyncio.sleep(0, 'value'))",
            "await task",
        )
    ),
    "fails_in_a_coroutine": Small(
        ("async def f():\n    raise ValueError('within')", "await f()", "print('never')")
    ),
    "uses_line_magics": Small(
        ("%who int", "%env A_VARIABLE=value", "import os\nos.environ['A_VARIABLE']")
    ),
    "uses_cell_magics": Small(
        ("%%capture kept\nprint('hidden')", "print(kept.stdout)", "%%time\nx = 1")
    ),
    "writes_a_file_by_magic": Small(
        ("%%writefile made.txt\nline", "print(open('made.txt').read())")
    ),
    "runs_bash": Small(("%%bash\necho one\necho two >&2", "print('after')")),
    "fails_in_bash": Small(("%%bash\nexit 3", "print('never')")),
    "runs_a_shell_command": Small(
        ("!echo from the shell", "lines = !echo a; echo b\nlines", "_exit_code")
    ),
    "looks_something_up": Small(("len?", "print('after')")),
    "uses_an_unknown_magic": Small(("%no_such_magic",)),
    "prints_through_the_descriptor": Small(
        (
            "import os, sys\nprint('python')\nsys.stdout.flush()",
            "import time\nn = os.write(1, b'descriptor\\n')\ntime.sleep(1)",
        )
    ),
    "prints_from_a_child_process": Small(
        (
            "import subprocess, sys, time\n"
            # a stock kernel looks at its descriptor now and then, and forgets what comes late
            "p = subprocess.run([sys.executable, '-c', 'print(1 + 1)'])\ntime.sleep(1)",
        )
    ),
    "shows_a_progress_bar": Small(
        (
            "import sys\nfor n in range(50):\n"
            "    print(f'\\r{n + 1}/50', end='', file=sys.stderr)\nprint()",
        )
    ),
    "prints_odd_characters": Small(
        ("print('nul \\x00 bell \\x07 é ☃ 😀 \\u202e bidi')", "'\\x00\\x1b[31mred'")
    ),
    "returns_rich_objects": Small(
        (
            "class Rich:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
            "        return {'text/plain': 'plain', 'application/json': {'n': [1, None, 2.5]}}\n"
            "Rich()",
            "None",
        )
    ),
    "has_a_bad_repr": Small(
        ("class Bad:\n    def __repr__(self):\n        raise ValueError('bad')\nBad()", "1")
    ),
    "returns_an_image": Small(
        (
            "import base64\nfrom IPython.display import Image\n"
            "Image(data=base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42m"
            "P8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='), format='png')",
        )
    ),
    "remembers_outputs": Small(("1 + 1", "_ + 1", "Out[3], In[3]", "__name__, __doc__")),
    "warns_and_logs": Small(
        ("import warnings\nwarnings.warn('careful')", "import logging\nlogging.warning('logged')")
    ),
    "pickles_its_own_class": Small(
        ("import pickle\nclass C:\n    pass", "type(pickle.loads(pickle.dumps(C()))).__name__")
    ),
    "silences_the_last_value": Small(("1 + 1;", "x = 5", "x;")),
    "sets_a_display_hook_value": Small(("import sys\nsys.displayhook('by hand')",)),
    "shows_a_data_frame": Small(
        ("import pandas as pd\npd.DataFrame({'x': [1, 2], 'y': ['a', '<b>']})",), needs="pandas"
    ),
    "shows_a_plotly_figure": Small(
        (
            "import plotly.graph_objects as go\nimport plotly.io as pio\n"
            "pio.renderers.default = 'plotly_mimetype'",
            "go.Figure(go.Bar(x=['a', 'b'], y=[1, 2]))",
            "go.Figure(go.Scatter(y=[1, float('nan'), 3])).show()",
        ),
        needs="plotly",
    ),
    "plots_inline": Small(
        ("%matplotlib inline\nimport matplotlib.pyplot as plt", "p = plt.plot([1, 2, 3])"),
        needs="matplotlib",
    ),
    "plots_between_prints": Small(
        (
            "import matplotlib.pyplot as plt\nprint('before')\nplt.bar(['a'], [1])\nplt.show()\n"
            "print('between')\nfigure, axes = plt.subplots()\naxes.plot([2, 1])\nprint('after')",
            "figure",
            "plt.get_backend()",
        ),
        needs="matplotlib",
    ),
    "prints_from_c": Small(
        (
            "import ctypes\nlibc = ctypes.CDLL(None)\n"
            "n = libc.printf(b'buffered by the C library, %d\\n', 7)\nn = libc.puts(b'and more')",
            "n = libc.fflush(None)\nprint('python')",
        )
    ),
    "prints_from_processes_of_its_own": Small(
        (
            "import os\nn = os.system('echo out; echo err >&2')",
            "import sys\npid = os.fork()\nif pid == 0:\n    print('forked', flush=True)\n"
            "    os._exit(0)\nwaited = os.waitpid(pid, 0)",
        )
    ),
    "prints_from_threads": Small(
        (
            "import threading\nthreads = [threading.Thread(target=print, args=('one\\n',), "
            "kwargs={'end': ''}) for n in range(5)]\nfor t in threads: t.start()\n"
            "for t in threads: t.join()\nprint('done')",
        )
    ),
    "shows_a_bar_of_tqdm": Small(
        (
            "from tqdm import tqdm\nimport sys\n"
            "bar = '{desc}: {n}/{total}'\n"
            "for n in tqdm(range(200), desc='rows', bar_format=bar, ascii=True): pass",
            "for n in tqdm(range(3), bar_format=bar, file=sys.stdout): print('row', n)",
            "with tqdm(total=2, bar_format=bar, leave=False) as t:\n    t.update(2)\nprint('x')",
        ),
        needs="tqdm",
    ),
    "updates_a_display_of_an_earlier_cell": Small(
        (
            "from IPython.display import HTML, Markdown\n"
            "handle = display(HTML('<b>waits</b>'), display_id=True)\nprint('between')",
            "handle.update(Markdown('**done**'), metadata={'k': 1})\nhandle.display('again')",
            "handle.update({'text/plain': 'raw'}, raw=True)",
        )
    ),
    "clears_what_it_shows_by_id": Small(
        (
            "from IPython.display import clear_output, display\n"
            "handle = display('gone', display_id='x')\nclear_output()\nhandle.update('unseen')\n"
            "display('stays')",
        )
    ),
    "shows_rich_media": Small(
        (
            "from IPython.display import SVG, JSON, Latex, Markdown, Javascript, HTML, Code\n"
            "display(Latex('$x$'), Markdown('*m*'), JSON({'a': [1]}), HTML('<i>h</i>'))",
            "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><g/></svg>')",
            "Javascript('1')",
            "%%html\n<b>magic</b>",
            "%%markdown\n**bold**",
        )
    ),
    "asks_for_input_and_goes_on": Small(
        (
            "try:\n    input()\nexcept Exception as e:\n    print(type(e).__name__, e)",
            "import sys\nsys.stdin.read()",
            "print('after')",
        )
    ),
    "raises_a_group": Small(
        ("raise ExceptionGroup('several', [ValueError('a'), KeyError('b')])", "print('never')")
    ),
    "exits_with_a_code": Small(("import sys\nsys.exit(3)", "print('never')")),
    "fails_an_assertion": Small(("x = 1\nassert x == 2, f'x is {x}'",)),
    "raises_an_error_without_words": Small(
        ("class Silent(Exception):\n    def __str__(self):\n        return ''", "raise Silent")
    ),
    "recurses_without_end": Small(("def f():\n    return f()\nf()", "print('never')")),
    "runs_a_script_and_scripts": Small(
        (
            "open('made.py', 'w').write('made = 1\\nprint(__name__)')",
            "%run made.py",
            "made",
            "%%script python\nprint('from a script')",
        )
    ),
    "uses_async_with_and_for": Small(
        (
            "import asyncio, contextlib\nasync def rows():\n    for n in range(2):\n"
            "        await asyncio.sleep(0)\n        yield n",
            "async for row in rows():\n    print(row)",
            "[row async for row in rows()]",
        )
    ),
    "shows_plotly_figures_as_the_renderer_says": Small(
        (
            "import plotly.express as px\nimport plotly.io as pio\n"
            "pio.renderers.default = 'plotly_mimetype'",
            "figure = px.bar(x=['a', 'b'], y=[1, 2])\nfigure",
            "figure.update_layout(title='<b>t</b>')\nfigure.show()\nprint('after')",
            "import plotly.graph_objects as go\ngo.FigureWidget if False else 'no widget'",
        ),
        needs="plotly",
    ),
}
