"""An HTTP server on the loopback interface that does right or wrong as it is told."""

import gzip
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves one file under every name, and notes what it was asked.

    ``answers`` are functions of a request, used up in the order of the requests; after
    them every request is answered rightly, by `ranged`. ``asked`` holds path and Range
    header of each request. ``release`` lets the answers go on that wait for it.
    """

    daemon_threads = True

    def __init__(self, content, *answers):
        super().__init__(("127.0.0.1", 0), Request)
        self.content, self.answers = content, list(answers)
        self.asked = []
        self.release = threading.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def ranges(self):
        return [scope for _, scope in self.asked]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.release.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """Say nothing of clients that hang up."""


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Range"]))
        answer = self.server.answers.pop(0) if self.server.answers else ranged
        answer(self)

    def log_message(self, *_):
        pass

    def head(self, status=200, **fields):
        """Status line and headers; names are written with _ for -."""
        self.send_response(status)
        self.send_header("Connection", "close")
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    @property
    def start(self):
        """The first byte that the client asks for."""
        scope = self.headers["Range"] or "bytes=0-"
        return int(scope.removeprefix("bytes=").removesuffix("-"))


def ranged(request, move=1, size=None, named=True):
    """What was asked for, from ``start`` times ``move`` on."""
    content, start = request.server.content, int(request.start * move)
    rest = content[start:]
    scope = f"bytes {start}-{len(content) - 1}/{len(content)}"
    fields = {"Content_Range": scope} if start and named else {}
    status = 206 if request.start else 200
    request.head(status, Content_Length=len(rest), **fields)
    request.send(rest[:size])


other_range = partial(ranged, move=0.5)
nameless_range = partial(ranged, named=False)


def cut(request):
    """Half of what remains, under the size of all that remains."""
    ranged(request, size=(len(request.server.content) - request.start) // 2)


def held(request):
    """Half of what remains; the other half once the server is released."""
    content = request.server.content
    cut(request)
    silence(request)
    request.send(content[(request.start + len(content)) // 2 :])


def silence(request):
    request.server.release.wait()


def drip(size, pause):
    """The file in drips of ``size`` bytes, ``pause`` seconds apart."""

    def answer(request):
        content = request.server.content
        request.head(Content_Length=len(content))
        for start in range(0, len(content), size):
            request.send(content[start : start + size])
            if request.server.release.wait(pause):
                break

    return answer


def status(number, **fields):
    """An answer of nothing but a status."""
    return lambda request: request.head(number, Content_Length=0, **fields)


def elsewhere(number):
    """A redirection to another path."""
    return status(number, Location="/elsewhere.gz")


def other(change, sized=False, **fields):
    """The file with its bytes changed, and their size told or not."""

    def answer(request):
        data = change(request.server.content)
        size = {"Content_Length": len(data)} if sized else {}
        request.head(**size, **fields)
        request.send(data)

    return answer


page = other(lambda content: bytes(29), sized=True, Content_Type="text/html")
endless_page = other(lambda content: b" " * 2 * len(content), Content_Type="text/html")
unsized_cut = other(lambda content: content[: len(content) // 2])
surplus = other(lambda content: content + b"more" * 10_000)
other_content = other(lambda content: bytes(len(content)), sized=True)
whole = other(bytes, sized=True)
named_gzip = other(bytes, sized=True, Content_Encoding="gzip")


def packed(request):
    """The file in an encoding of the transfer, for clients that take one."""
    encoded = other(gzip.compress, sized=True, Content_Encoding="gzip")
    (encoded if "gzip" in request.headers["Accept-Encoding"] else ranged)(request)
