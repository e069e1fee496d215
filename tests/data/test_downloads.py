"""Archives come whole and as published, whatever the server or the machine does."""

import gzip
import hashlib
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import servers
from urllib3 import Retry

from helpers.data.archives import Archive
from helpers.data.downloads import DownloadError, download

CONTENT = np.random.default_rng(0).bytes(300_000)
HALF = len(CONTENT) // 2
REST = f"bytes={HALF}-"
AT_ONCE = Retry(total=3, backoff_factor=0)
NEVER = Retry(total=0)
SOON = 1.0  # seconds, for servers that stall; others get time on a busy machine


def archive(*addresses, content=CONTENT):
    digest = hashlib.sha256(content).hexdigest()
    nothing = re.compile("")
    return Archive("test", "svhn", len(content), digest, addresses, nothing)


@pytest.fixture
def serve():
    """A function that starts a server of CONTENT with the answers given."""
    started = []

    def start(*answers, content=CONTENT):
        started.append(servers.Server(content, *answers).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__()


@pytest.fixture
def part(tmp_path):
    return tmp_path / "test.tar.gz.part"


def fetch(entry, place, **values):
    return download(entry, place, **{"retry": AT_ONCE} | values)


def visible(place):
    return [path.name for path in place.iterdir() if not path.name.startswith(".")]


def test_archive_comes_whole_with_a_progress_bar(serve, tmp_path, capsys):
    server = serve()
    path = fetch(archive(f"{server.address}/test.tar.gz"), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "test.tar.gz"
    assert path.read_bytes() == CONTENT
    assert visible(path.parent) == ["test.tar.gz"]
    assert server.asked == [("/test.tar.gz", None)]
    assert "fetching test.tar.gz: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "asked"),
    [(CONTENT, []), (bytes(len(CONTENT)), [None]), (CONTENT[:-1], [None])],
)
def test_official_file_that_is_there_stays_and_another_is_replaced(
    serve, tmp_path, content, asked
):
    server = serve()
    (tmp_path / "test.tar.gz").write_bytes(content)
    assert fetch(archive(server.address), tmp_path).read_bytes() == CONTENT
    assert server.ranges == asked


BEGUN = CONTENT[:HALF]


@pytest.mark.parametrize(
    ("before", "answers", "asked"),
    [
        (BEGUN, [], [REST]),
        (CONTENT, [], []),
        (CONTENT + b"x", [], [None]),
        (b"", [], [None]),
        (bytes(HALF), [], [REST, None]),  # of another version
        (BEGUN, [servers.whole], [REST]),
        (BEGUN, [servers.other_range], [REST, None]),
        (BEGUN, [servers.nameless_range], [REST, None]),
        (BEGUN, [servers.status(416)], [REST, None]),
        (BEGUN, [servers.status(503)] * 2, [REST] * 3),
        (BEGUN, [servers.status(429)], [REST] * 2),
        (BEGUN, [servers.page], [REST] * 2),
        (BEGUN, [servers.endless_page], [REST] * 2),
        (BEGUN, [servers.cut], [REST, f"bytes={HALF + HALF // 2}-"]),
        (BEGUN, [servers.other_content], [REST, None]),
        (BEGUN, [servers.unsized_cut], [REST] * 2),
        (BEGUN, [servers.surplus], [REST]),
    ],
)
def test_only_what_is_missing_is_asked_for_whatever_the_server_does(
    serve, tmp_path, part, before, answers, asked
):
    server = serve(*answers)
    part.write_bytes(before)
    path = fetch(archive(server.address), tmp_path)
    assert server.ranges == asked
    assert path.read_bytes() == CONTENT
    assert visible(tmp_path) == ["test.tar.gz"]


@pytest.mark.parametrize(
    ("answer", "message", "asked", "is_kept"),
    [
        (servers.other_range, f"when asked from {HALF} on", 1, False),
        (servers.nameless_range, f"when asked from {HALF} on", 1, False),
        (servers.other_content, "SHA-256 .*, even when fetched anew", 2, False),
        (servers.elsewhere(302), "redirects", 31, True),
    ],
)
def test_server_that_goes_on_doing_wrong_is_given_up(
    serve, tmp_path, part, answer, message, asked, is_kept
):
    server = serve(*[answer] * 100)
    part.write_bytes(CONTENT[:HALF])
    with pytest.raises(DownloadError, match=message):
        fetch(archive(server.address), tmp_path, retry=NEVER)
    assert len(server.asked) == asked
    assert part.exists() == is_kept


@pytest.mark.parametrize(
    ("answer", "second"),
    [(servers.held, f"bytes={HALF + HALF // 2}-"), (servers.silence, REST)],
)
def test_server_that_stalls_is_asked_again(serve, tmp_path, part, answer, second):
    server = serve(answer)
    part.write_bytes(CONTENT[:HALF])
    path = fetch(archive(server.address), tmp_path, timeout=SOON)
    assert server.ranges == [REST, second]
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [301, 302, 307])
def test_redirection_is_followed(serve, tmp_path, status):
    server = serve(servers.elsewhere(status))
    fetch(archive(f"{server.address}/test.tar.gz"), tmp_path)
    assert [path for path, _ in server.asked] == ["/test.tar.gz", "/elsewhere.gz"]


def test_slow_server_is_borne_with(serve, tmp_path):
    server = serve(servers.drip(30_000, 0.2))
    fetch(archive(server.address), tmp_path, timeout=SOON)
    assert server.ranges == [None]


def test_drip_that_would_take_for_ever_is_left(serve, tmp_path, capsys):
    content = CONTENT[:300]
    server = serve(servers.drip(1, 0.1), content=content)
    entry = archive(server.address, content=content)
    path = fetch(entry, tmp_path, timeout=SOON)
    assert "gave only" in capsys.readouterr().out
    assert re.fullmatch(r"bytes=\d+-", server.ranges[1])
    assert path.read_bytes() == content


@pytest.mark.parametrize("answer", [servers.named_gzip, servers.packed])
def test_gzip_is_neither_undone_nor_added_on_the_way(serve, tmp_path, answer):
    packed = gzip.compress(CONTENT)
    server = serve(answer, content=packed)
    path = fetch(archive(server.address, content=packed), tmp_path)
    assert path.read_bytes() == packed
    assert server.ranges == [None]


def test_waits_grow_and_begin_anew_where_there_was_progress(serve, tmp_path, capsys):
    answers = [servers.status(503)] * 3 + [servers.cut] * 2
    retry = Retry(total=3, backoff_factor=0.01)
    fetch(archive(serve(*answers).address), tmp_path, retry=retry)
    waits = re.findall("again in (.*) s", capsys.readouterr().out)
    assert waits == ["0", "0.02", "0.04", "0", "0"]


def test_content_without_a_published_sum_must_be_whole_gzip(serve, tmp_path):
    packed = gzip.compress(CONTENT)
    server = serve(servers.other_content, content=packed)
    entry = replace(archive(server.address, content=packed), sha256=None)
    fetch(entry, tmp_path)
    assert fetch(entry, tmp_path).read_bytes() == packed
    assert server.ranges == [None, None]


def test_failure_says_what_each_address_did_and_what_is_kept(serve, tmp_path):
    cutter = serve(*[servers.cut] * 2)
    addresses = (
        f"{cutter.address}/test.tar.gz",
        f"{serve(servers.status(404)).address}/gone.gz",
        f"{serve(servers.page).address}/page.gz",
        "http://127.0.0.1:9/test.tar.gz",
    )
    with pytest.raises(DownloadError) as error:
        fetch(archive(*addresses), tmp_path, retry=NEVER)
    told = (*addresses, "IncompleteRead", "404", "29 bytes of text/html", "refused")
    told += ("300,000 bytes", "150,000 of them are kept", "WORKBOOK_MIRROR")
    assert [words for words in told if words not in str(error.value)] == []


def test_address_that_has_it_not_is_asked_once(serve, tmp_path):
    lacking, failing = serve(*[servers.status(404)] * 9), serve(*[servers.cut] * 2)
    with pytest.raises(DownloadError, match="404 Not Found"):
        fetch(archive(lacking.address), tmp_path)
    fetch(archive(lacking.address, failing.address), tmp_path)
    assert (len(lacking.asked), len(failing.asked)) == (2, 3)


def test_mirrors_are_asked_first_and_the_own_servers_after(serve, tmp_path):
    lacking, failing, own = serve(servers.status(404)), serve(servers.cut), serve()
    mirror = f"{lacking.address}/svhn/ {failing.address}"
    fetch(archive(f"{own.address}/test.tar.gz"), tmp_path, mirror=mirror)
    assert lacking.asked == [("/svhn/test.tar.gz", None)]
    assert failing.asked == [("/test.tar.gz", None)]
    assert own.asked == [("/test.tar.gz", f"bytes={HALF}-")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_full_disk_is_said_and_not_the_servers_fault(serve, tmp_path, part):
    server = serve()
    part.symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left.*try again.*\.part") as error:
        fetch(archive(server.address), tmp_path)
    assert not isinstance(error.value, DownloadError)
    assert len(server.asked) == 1


def start_process(entry, place) -> subprocess.Popen:
    """A download in a process of its own."""
    program = (
        "import re; from pathlib import Path, PosixPath; "
        "from helpers.data.archives import Archive; "
        "from helpers.data.downloads import download; "
        f"download({entry!r}, {place!r})"
    )
    words = [sys.executable, "-c", program]
    return subprocess.Popen(words, stdout=-1, stderr=-3, text=True)


def test_process_that_waits_goes_on_where_the_other_was_killed(serve, tmp_path, part):
    server = serve(servers.held)
    entry = archive(server.address)
    with start_process(entry, tmp_path) as first:
        until = time.monotonic() + 120
        while not (part.exists() and part.stat().st_size):
            assert time.monotonic() < until
            time.sleep(0.01)
        with start_process(entry, tmp_path) as second:
            assert "waiting" in second.stdout.readline()
            first.kill()
            assert second.wait() == 0
    assert re.fullmatch(r"bytes=\d+-", server.ranges[1])
    assert (tmp_path / "test.tar.gz").read_bytes() == CONTENT
    assert visible(tmp_path) == ["test.tar.gz"]
