"""What the programs of this folder share: how they are told what to do, and what they tell.

The token comes on standard input, and with its end the program leaves: DELETE to its session. What
happens is told on standard output, one JSON object a line. No library is needed here: some of the
programs run where there is none but their own.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from urllib.parse import urljoin


telling = threading.Lock()


def tell(**what):
    # One line at a time, whichever thread says it.
    with telling:
        print(json.dumps(what), flush=True)


def token():
    """The first line of standard input."""
    return sys.stdin.readline().strip()


def at_the_end(do):
    """Calls `do`, on a thread of its own, once standard input ends."""

    def wait():
        sys.stdin.read()
        do()

    threading.Thread(target=wait, daemon=True).start()


def request(method, url, token=None, body=None):
    headers = {"Content-Type": "application/sdp"} if body else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = body.encode() if body else None
    asked = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=10) as response:
            return response.status, dict(response.headers), response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def open_session(url, token, offer):
    """Posts an offer; the answer and the session's address. Who is refused ends here."""
    status, headers, answer = request("POST", url, token, offer)
    if status != 201:
        tell(status=status, refused=answer)
        raise SystemExit(0)
    tell(status=status)
    return answer, urljoin(url, headers.get("location") or headers["Location"])


def delete_session(session):
    status, _, _ = request("DELETE", session)
    tell(deleted=status)
