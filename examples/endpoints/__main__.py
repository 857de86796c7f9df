"""``python -m examples.endpoints``: serve what examples/endpoints.yaml asks, until Ctrl-C."""

import contextlib

from examples.endpoints.service import server

PORT = 8765
"""As in endpoints.yaml beside this."""

if __name__ == "__main__":
    with server(PORT) as serving, contextlib.suppress(KeyboardInterrupt):
        print(f"http://127.0.0.1:{PORT}")
        serving.serve_forever()
