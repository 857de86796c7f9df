"""The REST API, and the page."""

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.trustedhost import TrustedHostMiddleware

from raylign import __version__
from raylign.service import openapi, problems
from raylign.service.audit import AuditTrail
from raylign.service.gateway import Gateway
from raylign.service.routes import (
    actors,
    artefacts,
    chat,
    datasets,
    events,
    files,
    fine_tuning,
    graders,
    jobs,
    keys,
    labels,
    metrics,
    models,
    page,
    plans,
    probes,
    reports,
    secrets,
    webhooks,
    weights,
    wishes,
)

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")


def create_app(gateway: Gateway) -> FastAPI:
    """The API over a store."""
    # The pages under /docs come with their scripts: they work where the internet does not.
    app = FastAPIOffline(title="raylign", version=__version__, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, *gateway.allowed_hosts])
    if gateway.audit is not None:
        app.add_middleware(AuditTrail, audit=gateway.audit)
    problems.install(app)
    openapi.install(app)
    own = (jobs, wishes, events, metrics, actors, artefacts, weights, reports, plans, datasets, labels, webhooks, keys)
    for routes in (*own, secrets, probes, files, fine_tuning, graders, models, chat):
        _take(app, routes.router(gateway))
    _take(app, page.router())
    return app


def _take(app: FastAPI, router: APIRouter) -> None:
    """Its routes as they are: `FastAPI.include_router` would build each a second time, half of a gateway's start."""
    app.router.routes.extend(router.routes)
