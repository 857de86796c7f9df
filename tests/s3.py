"""A local server of S3's protocol, and the environment in which libraries find it."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

BUCKET = "kept"


@contextmanager
def s3_server(*, address: str = "127.0.0.1", seen_as: str = "127.0.0.1") -> Iterator[Mapping[str, str]]:
    """It serves one empty bucket while the block runs; what is in the environment of who asks it.

    ``address``: on which it listens. ``seen_as``: where those who ask find it.
    """
    import boto3  # a second of importing
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or it tells of every request
    server = ThreadedMotoServer(ip_address=address, port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        environment = {
            "AWS_ENDPOINT_URL": f"http://{seen_as}:{port}",
            "AWS_ACCESS_KEY_ID": "an-account",
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-tests",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        ).create_bucket(Bucket=BUCKET)
        yield environment
    finally:
        server.stop()
