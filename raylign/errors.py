"""Every error raylign raises on purpose.

RaylignError
+-- SpecError       (ValueError)      the job document, a prompts file or a model directory is wrong
+-- PlanError       (ValueError)      the cluster cannot hold the job
+-- RunError        (RuntimeError)    the run cannot go on
|   +-- WorkerLost                    a worker process died and could not be brought back
|   +-- WorkerFailed                  a worker's code failed; it would again in a new process
|   +-- PublishFailed                 new weights did not land as sent
|   +-- Diverged    (ArithmeticError) loss, gradient or weights stopped being finite
|   +-- DeadlineExpired (TimeoutError) a wait reached its limit; says what it waited for
|   +-- CheckpointError (OSError)     a checkpoint cannot be written, or is not one
|   |   +-- RemoteFailed              an object store does not do what it is asked
|   +-- NothingToTrain                too many steps in a row without one sample to learn from
|   +-- Cancelled                     the user asked the run to stop
|   +-- Paused                        the user asked the run to pause
+-- ExtensionError  (ImportError)     a kind that another distribution brings cannot be used
+-- StoreError
|   +-- JobNotFound (KeyError)        no such job
|   +-- JobConflict (ValueError)      a key used again with another body, or a move the job's state does not allow
|   +-- DatasetNotFound (KeyError)    no such dataset
|   +-- ModelNotFound (KeyError)      no such model
|   +-- Taken       (ValueError)      a name that another thing has, or a thing that is in use
|   +-- StoreUnavailable (ConnectionError) the database does not answer, or is locked, at the moment
|   +-- KeyNotFound (KeyError)        no such API key
|   +-- WebhookNotFound (KeyError)    no such webhook
|   +-- LabelQueueNotFound (KeyError) no such label queue, or pair of one
|   +-- SecretNotFound (KeyError)     no such secret
|   +-- StoreInUse  (RuntimeError)    another gateway works on this store
+-- ServiceError
    +-- Unauthorized (PermissionError)     a key or token is missing or wrong
    +-- Forbidden (PermissionError)        the key's scopes do not allow it
    +-- OverQuota (RuntimeError)           a tenant has as much of something as it may
    |   +-- EnginesBusy                    all engines answer for other models
    +-- NotAnsweringYet (TimeoutError)     a model that was asked is still being loaded
    +-- GatewayUnreachable (ConnectionError) the gateway does not answer, or not as a gateway
    +-- RayUnreachable (ConnectionError)   Ray's HTTP API does not answer, or what answers is not Ray
    +-- RayRefused  (RuntimeError)         Ray's HTTP API answered with an error
    +-- ServeError  (OSError)              the service cannot start

Messages say what happened, the value, and what to do about it. Errors carry only their message, so they survive
pickling and Ray re-raises them under their own type. Many quote what another library said, and end in an event or an
answer: so the message is made free of keys and passwords here, in the process that knows them, once for all.
"""

from raylign.redact import redacted


class RaylignError(Exception):
    """Base of all deliberate errors."""

    def __init__(self, message: object = "") -> None:
        super().__init__(*([redacted(str(message))] if message else []))

    def __str__(self) -> str:
        # KeyError prints repr(message); our messages are sentences.
        return str(self.args[0]) if self.args else type(self).__name__


class SpecError(RaylignError, ValueError):
    """The job document, a prompts file or a model directory is wrong."""


class PlanError(RaylignError, ValueError):
    """The cluster cannot hold the job."""


class RunError(RaylignError, RuntimeError):
    """The run cannot go on."""


class WorkerLost(RunError):
    """A worker process died and could not be brought back."""


class WorkerFailed(RunError):
    """A worker's code failed in a way nobody foresaw. Starting it again would not help, so nobody does."""


class PublishFailed(RunError):
    """New weights did not land on a rollout worker exactly as sent."""


class Diverged(RunError, ArithmeticError):
    """Loss, gradient or weights stopped being finite."""


class DeadlineExpired(RunError, TimeoutError):
    """A wait reached its limit; the message names the job, the worker, the phase and the seconds."""


class CheckpointError(RunError, OSError):
    """A checkpoint cannot be written, or a directory is not one."""


class RemoteFailed(CheckpointError):
    """An object store does not do what it is asked, or does not answer: nothing is known of what lies there."""


class NothingToTrain(RunError):
    """Too many steps in a row produced no sample to learn from: none usable, or none with a gradient."""


class Cancelled(RunError):
    """The user asked the run to stop."""


class Paused(RunError):
    """The user asked the run to pause: it gives its resources back, and goes on later."""


class ExtensionError(RaylignError, ImportError):
    """A kind that another installed distribution brings cannot be used."""


class StoreError(RaylignError):
    """Base of what the job store refuses."""


class JobNotFound(StoreError, KeyError):
    """No such job."""


class KeyNotFound(StoreError, KeyError):
    """No such API key."""


class DatasetNotFound(StoreError, KeyError):
    """No such dataset."""


class ModelNotFound(StoreError, KeyError):
    """No such model: none that the operator names, no job's result, no checkpoint."""


class Taken(StoreError, ValueError):
    """Another thing has this name, or this thing is in use."""


class JobConflict(StoreError, ValueError):
    """An idempotency key used again with another body, or a move the job's state does not allow."""


class WebhookNotFound(StoreError, KeyError):
    """No such webhook."""


class LabelQueueNotFound(StoreError, KeyError):
    """No such label queue, or no such pair in one."""


class SecretNotFound(StoreError, KeyError):
    """No such secret."""


class StoreUnavailable(StoreError, ConnectionError):
    """The database does not answer, or is locked, at the moment."""


class StoreInUse(StoreError, RuntimeError):
    """Another gateway works on this store."""


class ServiceError(RaylignError):
    """Base of what goes wrong between client, gateway and Ray."""


class Unauthorized(ServiceError, PermissionError):
    """A key or token is missing or wrong."""


class Forbidden(ServiceError, PermissionError):
    """The scopes of the key that was sent do not allow what was asked."""


class OverQuota(ServiceError, RuntimeError):
    """A tenant has as much of something as it may."""


class EnginesBusy(OverQuota):
    """All engines answer for other models."""


class NotAnsweringYet(ServiceError, TimeoutError):
    """A model that was asked is still being loaded."""


class GatewayUnreachable(ServiceError, ConnectionError):
    """The gateway does not answer, or what answers is not one."""


class RayUnreachable(ServiceError, ConnectionError):
    """Ray's HTTP API does not answer, or what answers is not Ray."""


class RayRefused(ServiceError, RuntimeError):
    """Ray's HTTP API answered with an error."""


class ServeError(ServiceError, OSError):
    """The service cannot start."""
