"""A job's actors as Ray tells them, with links into its dashboard."""

from service import Service, started

ACTOR = {"actor_id": "a1", "name": "rollout/0", "job_id": "01000000", "state": "ALIVE", "node_id": "n1", "pid": 7}


def test_the_actors_of_the_newest_attempt_are_told_with_their_places(service: Service) -> None:
    made, attempt = started(service.store)
    service.ray.jobs[attempt.submission_id] = {"status": "RUNNING", "message": "", "job_id": "01000000"}
    pending = {**ACTOR, "actor_id": "a2", "name": "policy/0", "state": "PENDING_CREATION", "node_id": None, "pid": None}
    unnamed, foreign = {**ACTOR, "name": ""}, {**ACTOR, "job_id": "02000000"}
    service.ray.actors = [ACTOR, pending, unnamed, foreign]
    with service.http() as http:
        policy, rollout = http.get(f"/v1/jobs/{made.id}/actors").json()["data"]
    assert rollout == {
        "name": "rollout/0", "state": "ALIVE", "node_id": "n1", "pid": 7,
        "ray_dashboard": "http://ray/#/actors/a1", "node_dashboard": "http://ray/#/cluster/nodes/n1",
    }  # fmt: skip
    assert (policy["node_id"], policy["pid"], policy["node_dashboard"]) == ("", 0, None)


def test_before_ray_has_begun_it_there_are_none_and_without_ray_that_is_said(service: Service) -> None:
    made, attempt = started(service.store)
    with service.http() as http:
        assert http.get(f"/v1/jobs/{made.id}/actors").json() == {"data": []}  # Ray does not know it
        service.ray.jobs[attempt.submission_id] = {"status": "PENDING", "message": "", "job_id": None}
        assert http.get(f"/v1/jobs/{made.id}/actors").json() == {"data": []}
        service.ray.down = True
        assert http.get(f"/v1/jobs/{made.id}/actors").status_code == 503
        assert http.get("/v1/jobs/job_x/actors").status_code == 404
